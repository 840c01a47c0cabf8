"""Calls of providers, in this process: what Twilio's library signed, states that cannot be written, many at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from asgi_front import app_of, asgi, front_of, text_in
from phones import phone
from webhook_shop import FORM, PHONE, PUBLIC, WebhookShop, sid, signed, text_fields

from engine.contracts import AsgiApplication
from engine.errors import UsageError
from engine.types import ConsentState, InboundMessage
from engine.web.front import Front
from engine.web.intake import TOGETHER
from engine.web.recording import Call, Outcome

INBOUND = "/webhooks/acme/twilio/inbound"
DATA = Path(__file__).parents[2] / "plugins/twilio/tests/data/signatures.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
T = TypeVar("T")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> WebhookShop:
    shop = WebhookShop(tmp_path_factory.mktemp("shop"))
    shop.write_answering()
    return shop


def run(shop: WebhookShop, use: Callable[[Front, AsgiApplication], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        async with front_of(shop) as front:
            return await use(front, app_of(front))

    return asyncio.run(main())


def test_what_twilio_s_library_signed_goes_through_the_route(shop: WebhookShop) -> None:
    tokens = {row["auth_token"] for row in ROWS}
    assert len(tokens) == 1
    other = WebhookShop(shop.folder, variables={"TWILIO_AUTH_TOKEN": tokens.pop()})

    async def statuses(front: Front, app: AsgiApplication) -> list[int]:
        found = []
        for row in ROWS:
            address = urlsplit(row["url"])
            front.intake.recorder.lines = replace(
                front.intake.recorder.lines, public_url=f"{address.scheme}://{address.netloc}"
            )
            headers = {"x-twilio-signature": row["signature"], "content-type": row["content_type"] or ""}
            answer = await asgi(
                app,
                row["method"],
                INBOUND,
                called=address.path,  # what was called is what was signed, wherever a proxy leads it
                query=address.query,
                body=(row["body"] or "").encode(),
                headers=headers,
            )
            found.append(answer.status)
        return found

    for row, status in zip(ROWS, run(other, statuses), strict=True):
        # A signed body of JSON is Twilio's, and no text: it is refused for that, not for its signature.
        expected = {200, 204} if row["content_type"] != "application/json" else {400}
        assert (status in expected) is row["valid"], (row["name"], status)
        assert row["valid"] or status == 403, (row["name"], status)


def test_a_token_may_be_rotated(tmp_path: Path) -> None:
    shop = WebhookShop(tmp_path, variables={"TWILIO_AUTH_TOKEN": "new", "OLD": "old"})
    shop.write_answering(options=", webhook_auth_tokens: ['${OLD}', '${TWILIO_AUTH_TOKEN}']")

    async def statuses(_: Front, app: AsgiApplication) -> list[int]:
        found = []
        for number, token in enumerate(("old", "new", "other")):
            body, headers = signed(PUBLIC + INBOUND, text_fields(sid(number), "join"), token=token)
            found.append((await asgi(app, "POST", INBOUND, body=body, headers=headers)).status)
        return found

    assert run(shop, statuses) == [204, 204, 403]


def test_without_its_token_a_workspace_cannot_be_called(shop: WebhookShop) -> None:
    async def status(_: Front, app: AsgiApplication) -> int:
        return (await text_in(app, 30, "join")).status

    assert run(WebhookShop(shop.folder, variables={}), status) == 503


def test_a_release_that_comes_while_it_runs_is_known(tmp_path: Path) -> None:
    shop = WebhookShop(tmp_path)
    shop.write()
    shop.engine("apply", "--yes", "--no-refresh")

    async def statuses(front: Front, app: AsgiApplication) -> tuple[int, int]:
        before = (await text_in(app, 1, "join")).status
        await asyncio.to_thread(shop.write_answering)
        await front.intake.look()
        return before, (await text_in(app, 2, "join")).status

    assert run(shop, statuses) == (404, 204)


def test_a_state_that_cannot_be_written_sends_the_provider_to_its_fallback(shop: WebhookShop) -> None:
    async def main() -> tuple[int, str]:
        async with front_of(shop, store=shop.open(read_only=True)) as front:
            answer = await text_in(app_of(front), 40, "join")
            return answer.status, answer.headers.get("retry-after", "")

    assert asyncio.run(main()) == (503, "5")


def test_a_state_that_is_locked_for_too_long_is_not_waited_for(shop: WebhookShop) -> None:
    async def statuses(front: Front, app: AsgiApplication) -> list[int]:
        front.intake.patience = 0.2
        holder = shop.open()
        with holder.together():
            locked = await text_in(app, 41, "join", From=phone(41))
        holder.close()
        front.intake.patience = 30
        again = await text_in(app, 41, "join", From=phone(41))
        return [locked.status, again.status]

    assert run(shop, statuses) == [503, 204]
    store = shop.open(read_only=True)
    assert store.reply_to("acme", sid(41)) is not None
    store.close()


def test_what_comes_together_is_written_together(shop: WebhookShop) -> None:
    many = 3 * TOGETHER

    async def statuses(_: Front, app: AsgiApplication) -> list[int]:
        answers = await asyncio.gather(
            *(text_in(app, 1000 + n % many, "join", From=phone(n % many)) for n in range(2 * many))
        )
        return [answer.status for answer in answers]

    before = count(shop)
    assert set(run(shop, statuses)) == {204}
    assert count(shop) - before == many, "each text is answered once, however often it came"


def count(shop: WebhookShop) -> int:
    store = shop.open(read_only=True)
    try:
        return sum(store.count_states().values())
    finally:
        store.close()


def test_one_that_fails_takes_no_other_with_it(shop: WebhookShop) -> None:
    async def outcomes(front: Front, _: AsgiApplication) -> list[object]:
        def text(number: int) -> InboundMessage:
            return InboundMessage(sid(number), PHONE, "+14155550100", "join")

        calls = [front.intake.text("acme" if n % 2 else "nobody", text(5000 + n)) for n in range(20)]
        return list(await asyncio.gather(*calls, return_exceptions=True))

    found = run(shop, outcomes)
    assert [isinstance(one, UsageError) for one in found] == [n % 2 == 0 for n in range(20)]


@pytest.mark.parametrize(
    ("opt_out", "body", "state"),
    [
        ("STOP", "nein danke", ConsentState.STOPPED),
        ("START", "wieder dabei", ConsentState.SUBSCRIBED),
        ("HELP", "hilfe bitte", ConsentState.UNKNOWN),
    ],
)
def test_what_the_provider_took_a_text_for_counts(tmp_path: Path, opt_out: str, body: str, state: ConsentState) -> None:
    """With Twilio's Advanced Opt-Out, whatever its words are; and it has answered them itself."""
    shop = WebhookShop(tmp_path)
    shop.write_answering(keywords="keywords: {any: {match: any, reply: unknown}}\nconsent: {replies_by: engine}\n")

    async def status(_: Front, app: AsgiApplication) -> int:
        return (await text_in(app, 1, body, OptOutType=opt_out)).status

    assert run(shop, status) == 204
    store = shop.open(read_only=True)
    assert store.consent("acme", PHONE) is state
    assert list(store.messages()) == []
    store.close()


@pytest.mark.parametrize(("replies_by", "answers"), [("provider", 0), ("engine", 1)])
def test_who_answers_is_the_workspace_s_choice(tmp_path: Path, replies_by: str, answers: int) -> None:
    shop = WebhookShop(tmp_path)
    shop.write_answering(keywords=f"consent: {{replies_by: {replies_by}}}\n")

    async def status(_: Front, app: AsgiApplication) -> int:
        return (await text_in(app, 1, "STOP")).status

    assert run(shop, status) == 204
    store = shop.open(read_only=True)
    assert store.consent("acme", PHONE) is ConsentState.STOPPED
    assert len(list(store.messages())) == answers
    store.close()


def test_a_text_to_a_number_of_a_service_is_the_service_s(tmp_path: Path) -> None:
    service = f"MG{1:032x}"
    shop = WebhookShop(tmp_path)
    shop.write_answering()
    senders = shop.folder / "config/workspaces/acme/senders.yaml"
    senders.write_text(f"senders:\n  main: {{messaging_service: {service}}}\n", "utf-8")
    shop.engine("apply", "--yes", "--no-refresh")

    async def status(_: Front, app: AsgiApplication) -> int:
        return (await text_in(app, 1, "join", To="+14155550199", MessagingServiceSid=service)).status

    assert run(shop, status) == 204
    store = shop.open(read_only=True)
    reply = store.reply_to("acme", sid(1))
    assert reply is not None
    claim = store.claim_view(reply)
    assert claim is not None
    assert claim.reply_from == "main"
    store.close()


def test_more_than_can_wait_are_told_to_come_again(shop: WebhookShop) -> None:
    async def statuses(front: Front, app: AsgiApplication) -> set[int]:
        front.intake.room = 0
        return {(await text_in(app, 6000, "join")).status}

    assert run(shop, statuses) == {503}


def test_a_form_that_comes_in_pieces_is_read_whole(shop: WebhookShop) -> None:
    body, headers = signed(PUBLIC + INBOUND, text_fields(sid(6001), "join"))
    assert headers["Content-Type"] == FORM

    async def status(_: Front, app: AsgiApplication) -> int:
        pieces = [body[n : n + 7] for n in range(0, len(body), 7)]
        return (await asgi(app, "POST", INBOUND, chunks=pieces, headers=headers)).status

    assert run(shop, status) == 204


def test_what_comes_at_once_is_one_transaction(shop: WebhookShop) -> None:
    async def batches(front: Front, app: AsgiApplication) -> list[int]:
        found: list[int] = []
        record = front.intake.recorder.record

        def counted(calls: Sequence[Call]) -> Sequence[Outcome]:
            found.append(len(calls))
            return record(calls)

        front.intake.recorder.record = counted  # type: ignore[method-assign]
        await asyncio.gather(*(text_in(app, 20_000 + n, "join", From=phone(n)) for n in range(100)))
        await text_in(app, 20_100, "join", From=phone(1))
        return [size for size in found if size]

    assert run(shop, batches) == [100, 1]
