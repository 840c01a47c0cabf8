"""Settling doubts: which of the messages that Twilio lists is the one that nobody heard of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from engine_twilio.look_up import earliest, match
from engine_twilio.provider import Twilio
from twilio.rest.api.v2010.account.message import MessageInstance

from engine import Absent, Ambiguous, Found, OutboundMessage, ProviderStatus, ProviderUnavailable, SenderKind
from engine.testing.context import ManualClock
from engine.testing.twilio_emulator import Account, Fault, TwilioEmulator

SERVICE = (SenderKind.MESSAGING_SERVICE, "MG0123456789abcdef0123456789abcdef")
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def looked_up(
    provider: Twilio, message: OutboundMessage, since: datetime, *, before: tuple[OutboundMessage, ...] = ()
) -> Found | Absent | Ambiguous:
    async def use() -> Found | Absent | Ambiguous:
        try:
            for other in before:
                await provider.send(other)
            return await provider.find(message, since=since, taken=())
        finally:
            await provider.close()

    return asyncio.run(use())


def test_a_service_s_message_is_found_before_it_has_a_number(
    twilio: Build, a_message: Make, clock: ManualClock
) -> None:
    message = a_message(sender=SERVICE)
    assert isinstance(looked_up(twilio(), message, clock(), before=(message,)), Found)


def test_a_service_s_message_is_found_after_it_has_a_number(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator
) -> None:
    emulator.behaviour.progress = (("sent", 0),)
    message = a_message(sender=SERVICE)
    found = looked_up(twilio(), message, clock(), before=(message,))
    assert isinstance(found, Found)
    assert found.status is ProviderStatus.SENT


def test_another_sender_s_message_is_not_it(twilio: Build, a_message: Make, clock: ManualClock) -> None:
    other = a_message(sender=(SenderKind.LONG_CODE, "+14155550101"), to="+14155550177")
    wanted = a_message(to="+14155550177")
    assert looked_up(twilio(), wanted, clock(), before=(other,)) == Absent()


def test_reads_on_until_it_was_before_the_attempt(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator
) -> None:
    # A page of Twilio's holds 50. The message is on the third; a thousand older ones are behind it.
    for n in range(1000):
        _listed(emulator, clock, body=f"old {n}", at=timedelta(hours=-2))
    _listed(emulator, clock, body="Hello 1", at=timedelta())
    for n in range(120):
        _listed(emulator, clock, body="", media=[f"https://a.example/{n}.png"], at=timedelta(seconds=1))
    emulator.behaviour.progress = (("sent", 0),)
    clock.advance(timedelta(minutes=1))
    found = looked_up(twilio(), a_message(), clock() - timedelta(minutes=1))
    assert isinstance(found, Found)
    assert len(emulator.ledger.requests) == 3


def test_messages_that_wait_to_be_sent_do_not_end_the_list(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator
) -> None:
    # Their DateSent is empty, however old they are.
    emulator.behaviour.progress = (("queued", 0),)
    _listed(emulator, clock, body="Hello 1", at=timedelta())
    for n in range(60):
        _listed(emulator, clock, body=f"old {n}", at=timedelta(hours=-2))
    assert isinstance(looked_up(twilio(), a_message(), clock()), Found)


def test_does_not_filter_by_date(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    api = emulator._api
    monkeypatch.setattr(type(api), "get", _noting(asked, type(api).get))
    looked_up(twilio(), a_message(), clock())
    assert asked == ["To=%2B14155550101&PageSize=50"] or asked == ["To=%2B14155550101"]


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(seconds=0.9), Found),  # Twilio's times are whole seconds, cut off
        (timedelta(seconds=30), Found),  # this machine's clock is ahead
        (timedelta(hours=1), Found),  # it was an hour ahead when the message went, and has been put right since
        (timedelta(days=1), Found),
    ],
)
def test_clocks_may_differ(
    twilio: Build, a_message: Make, clock: ManualClock, ahead: timedelta, expected: type[object]
) -> None:
    message = a_message()
    assert isinstance(looked_up(twilio(), message, clock() + ahead, before=(message,)), expected)


NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began", "now", "told", "expected"),
    [
        (NOW, NOW, "Sun, 01 Mar 2026 12:00:00 GMT", NOW),
        (NOW, NOW, None, NOW),
        (NOW, NOW, "yesterday", NOW),
        (NOW, NOW + timedelta(hours=1), "Sun, 01 Mar 2026 12:00:00 GMT", NOW - timedelta(hours=1)),  # jumped since
        (NOW, NOW, "Sun, 01 Mar 2026 11:00:00 GMT", NOW - timedelta(hours=1)),  # an hour ahead all along
        (NOW, NOW, "Sun, 01 Mar 2026 13:00:00 GMT", NOW + timedelta(hours=1)),  # an hour behind all along
        (
            NOW,
            NOW - timedelta(hours=1),
            "Sun, 01 Mar 2026 11:00:00 GMT",
            NOW - timedelta(hours=25),
        ),  # since jumped back
    ],
)
def test_an_attempt_is_placed_by_twilio_s_clock(
    began: datetime, now: datetime, told: str | None, expected: datetime
) -> None:
    assert earliest(began, now, told) == expected - timedelta(seconds=60)


def test_a_message_not_listed_yet_is_absent(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator
) -> None:
    emulator.behaviour.lookup_lag = 5
    message = a_message()
    assert looked_up(twilio(), message, clock(), before=(message,)) == Absent()
    clock.advance(timedelta(seconds=5))
    assert isinstance(looked_up(twilio(), message, clock() - timedelta(seconds=5)), Found)


class TestTrialAccount:
    @pytest.fixture
    def account(self) -> Account:
        return Account(trial=True)

    def test_the_prefix_makes_it_ambiguous(self, twilio: Build, a_message: Make, clock: ManualClock) -> None:
        message = a_message()
        found = looked_up(twilio(), message, clock(), before=(message,))
        assert isinstance(found, Ambiguous)
        assert len(found.candidates) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", status=500, accepted=False, on="list"),
        Fault("error", status=429, code=20429, accepted=False, on="list"),
        Fault("garbage", status=200, body="<html>", on="list"),
        Fault("garbage", status=200, body="[]", on="list"),
        Fault("garbage", status=200, body='{"messages": 1}', on="list"),
        Fault("garbage", status=200, body='{"messages": [7]}', on="list"),
        Fault("drop", on="list"),
    ],
    ids=lambda fault: f"{fault.answer} {fault.status} {fault.body}",
)
def test_a_look_up_that_fails_is_none(
    twilio: Build, a_message: Make, clock: ManualClock, emulator: TwilioEmulator, fault: Fault
) -> None:
    emulator.faults.script(fault)
    with pytest.raises(ProviderUnavailable):
        looked_up(twilio(), a_message(), clock())


LISTED: dict[str, Any] = {
    "sid": "SM00000000000000000000000000000001",
    "to": "+14155550101",
    "from": "+14155550100",
    "direction": "outbound-api",
    "body": "Hello 1",
    "num_media": "0",
    "status": "queued",
    "messaging_service_sid": None,
}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        pytest.param({}, Found, id="as it was sent"),
        pytest.param({"direction": "outbound-reply"}, Found, id="any outbound direction"),
        pytest.param({"messaging_service_sid": "MG" + "1" * 32}, Found, id="a service that the number is in"),
        pytest.param({"direction": "inbound"}, Absent, id="somebody texted the same"),
        pytest.param({"from": "+14155550101"}, Absent, id="from another number"),
        pytest.param({"to": "whatsapp:+14155550101"}, Absent, id="another channel"),
        pytest.param({"num_media": "1", "body": "Other"}, Absent, id="another message, with media"),
        pytest.param({"body": "Hello 1 "}, Ambiguous, id="a body that differs by a space"),
        pytest.param({"body": ""}, Ambiguous, id="redacted"),
        pytest.param({"body": None}, Ambiguous, id="no body at all"),
        pytest.param({"num_media": "1"}, Ambiguous, id="its body, and media that it has not"),
    ],
)
def test_matches(a_message: Make, listed: dict[str, Any], expected: type[object]) -> None:
    assert isinstance(match([_record(listed)], a_message(), ()), expected)


def test_the_mms_converter_makes_it_ambiguous(a_message: Make) -> None:
    # Where MMS cannot be received it sends the text with a link to the media.
    message = a_message(media=("https://cdn.acme.example/a.png",))
    assert isinstance(match([_record({"body": "Hello 1 https://media.example/1"})], message, ()), Ambiguous)


def test_the_exact_one_is_chosen_among_others(a_message: Make) -> None:
    other = _record({"sid": "SM" + "2" * 32, "body": "Another"})
    found = match([other, _record({})], a_message(), ())
    assert isinstance(found, Found)
    assert found.provider_id == LISTED["sid"]


@pytest.mark.parametrize(
    ("status", "error_code", "expected"),
    [
        ("accepted", None, ProviderStatus.ACCEPTED),
        ("scheduled", None, ProviderStatus.ACCEPTED),
        ("queued", None, ProviderStatus.ACCEPTED),
        ("sending", None, ProviderStatus.ACCEPTED),
        ("sent", None, ProviderStatus.SENT),
        ("delivered", None, ProviderStatus.DELIVERED),
        ("read", None, ProviderStatus.DELIVERED),
        ("partially_delivered", None, ProviderStatus.DELIVERED),
        ("undelivered", 30005, ProviderStatus.UNDELIVERED),
        ("failed", 30008, ProviderStatus.FAILED),
        ("canceled", None, ProviderStatus.FAILED),
        ("a-new-word", None, ProviderStatus.ACCEPTED),
    ],
)
def test_maps_statuses(a_message: Make, status: str, error_code: int | None, expected: ProviderStatus) -> None:
    found = match([_record({"status": status, "error_code": error_code})], a_message(), ())
    assert found == Found(LISTED["sid"], expected, str(error_code) if error_code else None)


def _record(changes: dict[str, Any]) -> MessageInstance:
    return MessageInstance(None, LISTED | changes, account_sid="AC")


def _listed(
    emulator: TwilioEmulator, clock: ManualClock, *, body: str, at: timedelta, media: list[str] | None = None
) -> None:
    emulator.ledger.add(
        (clock() + at).timestamp(),
        to="+14155550101",
        sender="+14155550100",
        service=None,
        body=body,
        media=media or [],
        status_callback=None,
        validity_period=None,
    )


def _noting(asked: list[str], get: Callable[..., Any]) -> Callable[..., Any]:
    def noting(self: Any, path: str, query: str) -> Any:
        asked.append(query)
        return get(self, path, query)

    return noting
