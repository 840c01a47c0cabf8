from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import pytest
from engine_sandbox.network import Network
from engine_sandbox.options import SandboxOptions
from engine_sandbox.provider import Sandbox
from pydantic import ValidationError

from engine import (
    Absent,
    Found,
    OutboundMessage,
    Provider,
    ProviderStatus,
    ProviderUnavailable,
    ReceiptJudgement,
    Sender,
    SenderKind,
    SendError,
    SendOutcome,
    SendScope,
)
from engine.testing.context import ManualClock, plugin_context
from engine.testing.provider import Arrived, ProviderConformance

SENDER = Sender("support", SenderKind.LONG_CODE, "+14155550100")
MESSAGE = OutboundMessage("m1", "acme", 1, "+14155550123", SENDER, "Hi Ada")


class TestConformance(ProviderConformance):
    provider_class = Sandbox
    receipts: ClassVar = {
        "30005": ReceiptJudgement.RECIPIENT,
        "30003": ReceiptJudgement.AGAIN,
        "30023": ReceiptJudgement.NEXT_DAY,
    }
    refused: ClassVar = {
        "+15005550001": (SendOutcome.REJECTED, SendScope.RECIPIENT),
        "+15005550002": (SendOutcome.REJECTED, SendScope.RECIPIENT),
        "+15005550003": (SendOutcome.NOT_SENT, SendScope.SENDER),
        "+15005550004": (SendOutcome.REJECTED, SendScope.RECIPIENT),
        "+15005550009": (SendOutcome.REJECTED, SendScope.RECIPIENT),
    }
    opted_out = "+15005550004"

    def options(self) -> Mapping[str, object]:
        return {"sent_after": "1s", "delivered_after": "1s"}

    def arrived(self, provider: Provider[Any]) -> Sequence[Arrived]:
        network = Network.open(provider.context.state_folder / "sandbox.db", read_only=True)
        try:
            found = [text for phone in network.phones() for text in network.conversation(phone.number)]
        finally:
            network.close()
        return [Arrived(text.phone, text.body, text.media) for text in sorted(found, key=lambda text: text.at)]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def build(tmp_path: Path, clock: ManualClock) -> Any:
    made: list[Sandbox] = []

    def make(*, read_only: bool = False, **options: Any) -> Sandbox:
        context = plugin_context(tmp_path, clock=clock, seed=len(made), read_only=read_only)
        made.append(Sandbox(SandboxOptions.model_validate(options), context))
        return made[-1]

    yield make
    for sandbox in made:
        asyncio.run(sandbox.close())


def texts(tmp_path: Path, phone: str = MESSAGE.to) -> list[tuple[str, str]]:
    network = Network.open(tmp_path / "sandbox.db", read_only=True)
    try:
        return [(text.sender, text.body) for text in network.conversation(phone)]
    finally:
        network.close()


def test_a_message_arrives_at_its_phone(build: Any, tmp_path: Path) -> None:
    asyncio.run(build().send(MESSAGE))
    assert texts(tmp_path) == [("+14155550100", "Hi Ada")]


def test_each_send_is_a_message_of_its_own(build: Any, tmp_path: Path) -> None:
    # Like Twilio, which takes no idempotency key: whoever sends twice has texted twice.
    async def twice() -> set[str]:
        sandbox = build()
        return {(await sandbox.send(MESSAGE)).provider_id for _ in range(2)}

    assert len(asyncio.run(twice())) == 2
    assert len(texts(tmp_path)) == 2


def test_receipts_follow_the_clock(build: Any, clock: ManualClock) -> None:
    async def states() -> list[ProviderStatus]:
        sandbox = build(sent_after="2s", delivered_after="3s")
        sent = await sandbox.send(MESSAGE)
        seen = [sent.status]
        for _ in range(6):
            seen.append((await sandbox.status(sent.provider_id)).status)
            clock.advance(timedelta(seconds=1))
        return seen

    accepted, sent, delivered = ProviderStatus.ACCEPTED, ProviderStatus.SENT, ProviderStatus.DELIVERED
    assert asyncio.run(states()) == [accepted, accepted, accepted, sent, sent, sent, delivered]


def test_an_unreachable_phone_gives_its_code(build: Any, clock: ManualClock) -> None:
    async def run() -> None:
        sandbox = build(unreachable={MESSAGE.to: "30003"}, delivered_after="1s")
        provider_id = (await sandbox.send(MESSAGE)).provider_id
        before = await sandbox.status(provider_id)
        clock.advance(timedelta(seconds=1))
        after = await sandbox.status(provider_id)
        assert (before.status, before.error_code) == (ProviderStatus.SENT, None)
        assert (after.status, after.error_code) == (ProviderStatus.UNDELIVERED, "30003")

    asyncio.run(run())


REJECTED, NOT_SENT = SendOutcome.REJECTED, SendOutcome.NOT_SENT
RECIPIENT, CONTENT, ABOUT_SENDER = SendScope.RECIPIENT, SendScope.CONTENT, SendScope.SENDER


@pytest.mark.parametrize(
    ("message", "code", "outcome", "scope"),
    [
        (replace(MESSAGE, to="+15005550001"), "21211", REJECTED, RECIPIENT),
        (replace(MESSAGE, to="+15005550002"), "21612", REJECTED, RECIPIENT),
        (replace(MESSAGE, to="+15005550003"), "21408", NOT_SENT, ABOUT_SENDER),
        (replace(MESSAGE, to="+15005550004"), "21610", REJECTED, RECIPIENT),
        (replace(MESSAGE, to="+15005550009"), "21614", REJECTED, RECIPIENT),
        (replace(MESSAGE, sender=replace(SENDER, value="+15005550001")), "21212", NOT_SENT, ABOUT_SENDER),
        (replace(MESSAGE, sender=replace(SENDER, value="+15005550007")), "21606", NOT_SENT, ABOUT_SENDER),
        (replace(MESSAGE, sender=replace(SENDER, value="+15005550008")), "21611", NOT_SENT, ABOUT_SENDER),
        (replace(MESSAGE, body=""), "21602", REJECTED, CONTENT),
        (replace(MESSAGE, body="x" * 1_601), "21617", REJECTED, CONTENT),
        (replace(MESSAGE, media=("https://cdn.acme.example/a.png",) * 11), "21623", REJECTED, CONTENT),
    ],
)
def test_refusals(
    build: Any, tmp_path: Path, message: OutboundMessage, code: str, outcome: SendOutcome, scope: SendScope
) -> None:
    with pytest.raises(SendError) as caught:
        asyncio.run(build().send(message))
    assert (caught.value.code, caught.value.outcome, caught.value.scope) == (code, outcome, scope)
    assert caught.value.stops is (code == "21610")
    assert (caught.value.retry_after is not None) is (code == "21611")
    assert not (tmp_path / "sandbox.db").exists()


def test_the_magic_sender_that_passes_passes(build: Any) -> None:
    asyncio.run(build().send(replace(MESSAGE, sender=replace(SENDER, value="+15005550006"))))


def test_every_magic_number_of_the_table_refuses(build: Any) -> None:
    table = json.loads(files("engine_sandbox").joinpath("magic_numbers.json").read_text("utf-8"))
    sandbox = build()
    messages = [replace(MESSAGE, to=number) for number in table["to"]]
    messages += [replace(MESSAGE, sender=replace(SENDER, value=number)) for number in table["from"]]
    for message in messages:
        with pytest.raises(SendError):
            asyncio.run(sandbox.send(message))
    assert len(messages) == 8


def test_find_settles_a_doubt(build: Any, clock: ManualClock) -> None:
    async def run() -> None:
        sandbox = build()
        since = clock()
        assert await sandbox.find(MESSAGE, since=since, taken=()) == Absent()
        provider_id = (await sandbox.send(MESSAGE)).provider_id
        assert await sandbox.find(MESSAGE, since=since, taken=()) == Found(provider_id, ProviderStatus.DELIVERED)
        assert await sandbox.find(MESSAGE, since=since, taken={provider_id}) == Absent()
        assert await sandbox.find(replace(MESSAGE, id="m2"), since=since, taken=()) == Absent()
        assert await sandbox.find(replace(MESSAGE, workspace="other"), since=since, taken=()) == Absent()
        assert await sandbox.find(MESSAGE, since=since + timedelta(seconds=1), taken=()) == Absent()

    asyncio.run(run())


def test_many_at_once_are_each_recorded_once(build: Any, tmp_path: Path) -> None:
    async def run() -> set[str]:
        sandbox = build()
        sends = (sandbox.send(replace(MESSAGE, id=f"m{n}", body=str(n))) for n in range(2_000))
        return {receipt.provider_id for receipt in await asyncio.gather(*sends)}

    assert len(asyncio.run(run())) == 2_000
    assert sorted(int(body) for _, body in texts(tmp_path)) == list(range(2_000))


def test_a_caller_that_gives_up_does_not_disturb_the_others(build: Any, tmp_path: Path) -> None:
    async def run() -> None:
        sandbox = build()
        tasks = [asyncio.create_task(sandbox.send(replace(MESSAGE, id=f"m{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        tasks[3].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result).__name__ for result in results].count("Receipt") == 19

    asyncio.run(run())


def test_two_providers_share_one_network(build: Any, tmp_path: Path) -> None:
    async def run() -> None:
        first, second = build(), build()
        sends = [p.send(replace(MESSAGE, id=f"m{n}")) for n in range(50) for p in (first, second)]
        receipts = await asyncio.gather(*sends)
        assert len({receipt.provider_id for receipt in receipts}) == 100
        assert (await first.status(receipts[1].provider_id)).status is ProviderStatus.DELIVERED

    asyncio.run(run())
    assert len(texts(tmp_path)) == 100


def test_networks_are_apart(build: Any, tmp_path: Path) -> None:
    asyncio.run(build(network="other").send(MESSAGE))
    assert texts(tmp_path) == []


def test_receive_records_what_a_phone_sends(build: Any, tmp_path: Path) -> None:
    sandbox = build()
    first, second = (sandbox.receive("+14155550123", "+14155550100", "join please") for _ in range(2))
    assert (first.from_number, first.to, first.body) == ("+14155550123", "+14155550100", "join please")
    assert first.provider_id != second.provider_id
    assert texts(tmp_path) == [("+14155550100", "join please")] * 2


def test_a_file_that_is_deleted_is_made_anew(build: Any, tmp_path: Path) -> None:
    sandbox = build()
    sandbox.receive("+14155550123", "+14155550100", "old")
    for path in tmp_path.glob("sandbox.db*"):
        path.unlink()
    sandbox.receive("+14155550123", "+14155550100", "new")
    assert texts(tmp_path) == [("+14155550100", "new")]
    asyncio.run(sandbox.senders())


def test_a_text_from_a_phone_has_no_receipt(build: Any) -> None:
    sandbox = build()
    inbound = sandbox.receive("+14155550123", "+14155550100", "hi")
    with pytest.raises(ProviderUnavailable):
        asyncio.run(sandbox.status(inbound.provider_id))


def test_senders_that_were_used(build: Any) -> None:
    async def run() -> None:
        sandbox = build()
        assert list(await sandbox.senders()) == []
        await sandbox.send(MESSAGE)
        (sender,) = await sandbox.senders()
        assert (sender.kind, sender.value) == (SenderKind.LONG_CODE, "+14155550100")

    asyncio.run(run())


def test_the_file_is_its_owners_alone(build: Any, tmp_path: Path) -> None:
    sandbox = build()
    asyncio.run(sandbox.send(MESSAGE))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_read_only_context_reads_and_makes_nothing(build: Any, tmp_path: Path) -> None:
    sandbox = build(read_only=True)
    assert list(asyncio.run(sandbox.senders())) == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_network(build: Any, tmp_path: Path) -> None:
    (tmp_path / "sandbox.db").write_text("hello, this is not a database " * 100)
    sandbox = build()
    with pytest.raises(SendError) as caught:
        asyncio.run(sandbox.send(MESSAGE))
    assert (caught.value.code, caught.value.outcome) == ("network-closed", SendOutcome.NOT_SENT)
    with pytest.raises(ProviderUnavailable):
        asyncio.run(sandbox.status("SB1"))


@pytest.mark.parametrize(
    "options",
    [{"network": "../x"}, {"latency_ms": -1}, {"sent_after": "soon"}, {"nonsense": 1}],
    ids=lambda options: next(iter(options)),
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SandboxOptions.model_validate(options)
