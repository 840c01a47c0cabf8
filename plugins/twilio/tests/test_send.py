from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from engine_twilio.provider import Twilio

from engine import CredentialsRefused, OutboundMessage, ProviderStatus, SenderKind, SendError, SendOutcome
from engine.testing.twilio_emulator import Account, TwilioEmulator

SERVICE = "MG0123456789abcdef0123456789abcdef"
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def sent(twilio: Twilio, *messages: OutboundMessage) -> list[Any]:
    async def use() -> list[Any]:
        try:
            return [await twilio.send(message) for message in messages]
        finally:
            await twilio.close()

    return asyncio.run(use())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SenderKind.LONG_CODE, "+14155550100"),
        (SenderKind.TOLL_FREE, "+18335550100"),
        (SenderKind.SHORT_CODE, "67076"),
    ],
)
def test_sends_from_a_number(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, kind: SenderKind, value: str
) -> None:
    sent(twilio(), a_message(sender=(kind, value)))
    assert [(m.sender, m.service) for m in emulator.ledger.messages] == [(value, None)]


def test_sends_from_an_alphanumeric_id(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    sent(twilio(), a_message(to="+447700900123", sender=(SenderKind.ALPHANUMERIC, "ACME")))
    assert [m.sender for m in emulator.ledger.messages] == ["ACME"]


def test_sends_from_a_messaging_service(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    emulator.behaviour.smart_encoding = True  # as services do unless told otherwise
    sent(twilio(), a_message(sender=(SenderKind.MESSAGING_SERVICE, SERVICE), body="“Quoted” – and dashed"))
    [message] = emulator.ledger.messages
    assert (message.sender, message.service) == (None, SERVICE)
    assert message.body == "“Quoted” – and dashed"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, None),
        (1, 1),
        (14_400, 14_400),
        (36_000, 36_000),
        (86_400, 36_000),  # Twilio queues for ten hours at most
        (0, 1),
    ],
)
def test_says_how_long_a_message_is_valid(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, asked: int | None, given: int | None
) -> None:
    sent(twilio(), a_message(valid_seconds=asked))
    assert [m.validity_period for m in emulator.ledger.messages] == [given]


def test_asks_for_status_callbacks_where_wanted(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    url = "https://engine.example/hooks/twilio?message=m1&attempt=1"
    sent(twilio(), a_message(1), a_message(2, status_callback=url))
    assert [m.status_callback for m in emulator.ledger.messages] == [None, url]


def test_signs_in_with_an_api_key(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    key = next(iter(emulator.account.api_keys))
    sent(twilio(auth_token=None, api_key=key, api_secret="${SECRET}"), a_message())
    assert len(emulator.ledger.messages) == 1


def test_an_api_key_wins_over_the_token(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    key = next(iter(emulator.account.api_keys))
    sent(twilio(auth_token="${WRONG}", api_key=key, api_secret="${SECRET}"), a_message())
    assert len(emulator.ledger.messages) == 1


def test_wrong_credentials_are_named(twilio: Build, a_message: Make) -> None:
    with pytest.raises(SendError) as caught:
        sent(twilio(auth_token="${WRONG}"), a_message())
    assert (caught.value.code, caught.value.outcome, caught.value.credentials) == ("20003", SendOutcome.NOT_SENT, True)

    wrong = twilio(auth_token="${WRONG}")

    async def use() -> None:
        try:
            await wrong.senders()
        finally:
            await wrong.close()

    with pytest.raises(CredentialsRefused):
        asyncio.run(use())


def test_five_hundred_are_in_flight_at_once(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    # The official asynchronous client stops at 100, which is how many connections aiohttp opens by itself.
    emulator.behaviour.latency = 1.0
    provider = twilio()

    async def use() -> None:
        try:
            await asyncio.gather(*(provider.send(a_message(1, id=str(n), body=f"Hi {n}")) for n in range(500)))
        finally:
            await provider.close()

    asyncio.run(use())
    assert emulator.most_in_flight == 500
    assert len(emulator.ledger.messages) == 500


def test_the_status_follows_the_message(twilio: Build, emulator: TwilioEmulator, a_message: Make, clock: Any) -> None:
    emulator.behaviour.progress = (("queued", 0), ("sending", 1), ("sent", 2), ("delivered", 3))
    emulator.behaviour.receipts["+14155550102"] = ("undelivered", 30005)
    provider = twilio()

    async def use() -> list[tuple[ProviderStatus, str | None]]:
        well, badly = [(await provider.send(a_message(n))).provider_id for n in (1, 2)]
        seen = []
        for second in range(4):
            clock.now = clock.now.replace(second=second)
            update = await provider.status(well)
            seen.append((update.status, update.error_code))
        update = await provider.status(badly)
        await provider.close()
        return [*seen, (update.status, update.error_code)]

    assert asyncio.run(use()) == [
        (ProviderStatus.ACCEPTED, None),
        (ProviderStatus.ACCEPTED, None),
        (ProviderStatus.SENT, None),
        (ProviderStatus.DELIVERED, None),
        (ProviderStatus.UNDELIVERED, "30005"),
    ]


class TestTrialAccount:
    @pytest.fixture
    def account(self) -> Account:
        return Account(trial=True, verified=frozenset({"+14155550101"}))

    def test_refuses_numbers_that_are_not_verified(self, twilio: Build, a_message: Make) -> None:
        with pytest.raises(SendError) as caught:
            sent(twilio(), a_message(1), a_message(2))
        assert (caught.value.code, caught.value.outcome) == ("21608", SendOutcome.NOT_SENT)
