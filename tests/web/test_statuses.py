"""Status callbacks: early, late, twice and in disorder."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgi_front import app_of, asgi, callback_of, front_of, status_in
from phones import phone
from webhook_shop import PUBLIC, WebhookShop, sid, signed

from engine.contracts import AsgiApplication
from engine.outbox import MessageRecord
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import change, claim, commit, send
from engine.types import Consent, ConsentState, MessageState, Purpose

S = MessageState
NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
LANE = "acme/sender/main"
numbers = itertools.count()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> WebhookShop:
    shop = WebhookShop(tmp_path_factory.mktemp("shop"))
    shop.write_answering(sending="retry_undelivered: true")
    return shop


@pytest.fixture
def store(shop: WebhookShop) -> Iterator[SqliteStore]:
    store = shop.open()
    yield store
    store.close()


@pytest.fixture
def number() -> int:
    """A number that no other test has: of a phone, and of a SID."""
    return next(numbers)


def sending(store: SqliteStore, number: int) -> str:
    """Puts a message on the wire; gives its id."""
    release = store.live_release_id() or ""
    due = NOW - timedelta(days=1)
    one = send(
        template="welcome", release=release, purpose=Purpose.TRANSACTIONAL, lane=LANE, due_at=due, created_at=due
    )
    (message_id,) = store.queue(one, numbers=[phone(number)]).ids
    (claimed,) = [found for found in claim(store, lane=LANE) if found.id == message_id]
    commit(store, [claimed], to=phone(number))
    return message_id


def accepted(store: SqliteStore, number: int) -> MessageRecord:
    """Puts a message at the provider."""
    message_id = sending(store, number)
    moved = change(message_id, S.SENDING, S.ACCEPTED, provider_id=sid(number))
    assert store.change([moved]) == [True]
    return record(store, message_id)


def record(store: SqliteStore, message_id: str) -> MessageRecord:
    found = store.message(message_id)
    assert found is not None
    return found


def call(shop: WebhookShop, use: Callable[[AsgiApplication], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with front_of(shop) as front:
            await use(app_of(front))

    asyncio.run(main())


def test_every_order_of_statuses_ends_the_same(shop: WebhookShop, store: SqliteStore) -> None:
    orders = list(itertools.permutations(("queued", "sent", "sent", "delivered")))
    messages = [accepted(store, next(numbers)) for _ in orders]

    async def use(app: AsgiApplication) -> None:
        for order, message in zip(orders, messages, strict=True):
            for status in order:
                assert (await status_in(app, callback_of(message), message.provider_id or "", status)).status == 204

    call(shop, use)
    assert {record(store, message.id).state for message in messages} == {S.DELIVERED}


def test_a_message_is_found_by_the_provider_s_id_alone(shop: WebhookShop, store: SqliteStore, number: int) -> None:
    message = accepted(store, number)

    async def use(app: AsgiApplication) -> None:
        await status_in(app, f"{PUBLIC}/webhooks/acme/twilio/status", sid(number), "delivered")

    call(shop, use)
    assert record(store, message.id).state is S.DELIVERED


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (S.SENDING, None),
        (S.IN_DOUBT, "doubt.called-back"),
        (S.HELD, "doubt.called-back"),
        (S.RETRY_WAIT, "doubt.called-back"),
        (S.QUEUED, "doubt.called-back"),  # an operator has said that it was not sent
    ],
)
def test_a_status_settles_what_was_not_known(
    shop: WebhookShop, store: SqliteStore, number: int, state: MessageState, reason: str | None
) -> None:
    message_id = sending(store, number)
    if state is not S.SENDING:
        assert store.change([change(message_id, S.SENDING, state, due_at=NOW + timedelta(days=1))]) == [True]

    async def use(app: AsgiApplication) -> None:
        await status_in(app, callback_of(record(store, message_id)), sid(number), "sent")

    call(shop, use)
    found = record(store, message_id)
    assert (found.state, found.provider_id) == (S.SENT, sid(number))
    assert [(entry.state, entry.reason) for entry in store.history(message_id)][-2:] == [
        (S.ACCEPTED, reason),
        (S.SENT, None),
    ]


def test_a_status_of_an_attempt_before_the_last_moves_nothing(
    shop: WebhookShop, store: SqliteStore, number: int
) -> None:
    message_id = sending(store, number)
    store.change([change(message_id, S.SENDING, S.RETRY_WAIT, due_at=NOW - timedelta(days=1))])
    (again,) = [found for found in claim(store, lane=LANE) if found.id == message_id]
    commit(store, [again], to=phone(number))

    async def use(app: AsgiApplication) -> None:
        await status_in(app, callback_of(record(store, message_id), attempt=1), sid(number), "delivered")

    call(shop, use)
    assert record(store, message_id).state is S.SENDING


def test_a_status_of_another_s_message_or_none_moves_nothing(
    shop: WebhookShop, store: SqliteStore, number: int
) -> None:
    message = accepted(store, number)

    async def use(app: AsgiApplication) -> None:
        stranger = sid(900_000 + number)
        assert (await status_in(app, callback_of(message), stranger, "failed", "30003")).status == 204
        assert (
            await status_in(app, f"{PUBLIC}/webhooks/acme/twilio/status?message=msg_x", stranger, "sent")
        ).status == 204
        forged = f"{PUBLIC}/webhooks/acme/twilio/status?message={message.id}&attempt=1"
        body, headers = signed(forged, {"MessageSid": sid(number), "MessageStatus": "failed"}, token="another")
        path, _, query = forged.removeprefix(PUBLIC).partition("?")
        assert (await asgi(app, "POST", path, query=query, body=body, headers=headers)).status == 403

    call(shop, use)
    assert record(store, message.id).state is S.ACCEPTED


def failed_with(shop: WebhookShop, store: SqliteStore, number: int, code: str, *, times: int = 3) -> MessageRecord:
    """Lets a message end with an error code, which is told several times."""
    message = accepted(store, number)

    async def use(app: AsgiApplication) -> None:
        for _ in range(times):
            await status_in(app, callback_of(message), sid(number), "undelivered", code)
        await status_in(app, callback_of(message), sid(number), "failed", "30034")

    call(shop, use)
    found = record(store, message.id)
    assert (found.state, found.reason) == (S.UNDELIVERED, f"provider.{code}")
    assert [entry.state for entry in store.history(message.id)].count(S.UNDELIVERED) == 1
    assert store.breakers() == [], "a later word about a message that has ended means nothing"
    return found


def test_a_number_that_cannot_be_reached_is_suppressed(shop: WebhookShop, store: SqliteStore, number: int) -> None:
    failed_with(shop, store, number, "30005")
    suppressed = store.suppression("acme", phone(number))
    assert suppressed is not None
    assert suppressed.code == "30005"


def test_an_opt_out_that_the_provider_knows_is_consent(shop: WebhookShop, store: SqliteStore, number: int) -> None:
    message = failed_with(shop, store, number, "21610")
    assert store.consent("acme", phone(number)) is ConsentState.STOPPED
    (entry,) = store.consent_history("acme", phone(number))
    assert (entry.source, entry.message) == ("provider:21610", message.id)


def test_what_may_arrive_later_is_followed_once(shop: WebhookShop, store: SqliteStore, number: int) -> None:
    message = failed_with(shop, store, number, "30003")
    follower = store.follower(message.id)
    assert follower is not None
    assert record(store, follower).state is S.QUEUED
    counted = {count.code: count.count for count in store.code_counts()}
    assert counted["30003"] == 1


def test_a_sender_that_cannot_send_rests(tmp_path: Path, number: int) -> None:
    shop = WebhookShop(tmp_path)
    shop.write_answering()
    store = shop.open()
    message = accepted(store, number)

    async def use(app: AsgiApplication) -> None:
        await status_in(app, callback_of(message), sid(number), "undelivered", "30034")

    call(shop, use)
    assert [(breaker.scope, breaker.code) for breaker in store.breakers()] == [(LANE, "30034")]
    store.close()


def test_what_was_said_once_is_not_said_again_after_it_was_undone(
    shop: WebhookShop, store: SqliteStore, number: int
) -> None:
    """No moment is signed: whoever has kept a call may make it again for ever. What it once caused, others have taken
    back since, and it must not cause it again."""
    message = accepted(store, number)
    said = [("sent", None), ("undelivered", "21610"), ("failed", "30005"), ("undelivered", "30034")]
    addresses = [callback_of(message), f"{PUBLIC}/webhooks/acme/twilio/status"]

    async def use(app: AsgiApplication) -> None:
        for address, (status, error) in itertools.product(addresses, said):
            assert (await status_in(app, address, sid(number), status, error)).status == 204

    call(shop, use)
    assert store.consent("acme", phone(number)) is ConsentState.STOPPED
    history = list(store.history(message.id))
    assert [(entry.state, entry.reason) for entry in history[-2:]] == [
        (S.SENT, None),
        (S.UNDELIVERED, "provider.21610"),
    ]
    back = Consent("acme", phone(number), ConsentState.SUBSCRIBED, "inbound", NOW, words="START")
    store.record_consent([back])
    ledger = list(store.consent_history("acme", phone(number)))
    for _ in range(2):
        call(shop, use)
    assert store.consent("acme", phone(number)) is ConsentState.SUBSCRIBED
    assert list(store.consent_history("acme", phone(number))) == ledger
    assert list(store.history(message.id)) == history
    assert (store.suppression("acme", phone(number)), store.breakers(), store.follower(message.id)) == (None, [], None)
