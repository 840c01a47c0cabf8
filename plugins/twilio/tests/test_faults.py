"""Everything that can go wrong on the way, over real HTTP: what the outcome is, and that nothing is repeated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from engine_twilio.provider import Twilio
from engine_twilio.transport import Transport

from engine import OutboundMessage, SendError, SendOutcome, SendScope
from engine.testing.twilio_emulator import Fault, TwilioEmulator

NOT_SENT, REJECTED, UNKNOWN = SendOutcome.NOT_SENT, SendOutcome.REJECTED, SendOutcome.UNKNOWN
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def failure(provider: Twilio, message: OutboundMessage) -> SendError:
    async def use() -> None:
        try:
            await provider.send(message)
        finally:
            await provider.close()

    with pytest.raises(SendError) as caught:
        asyncio.run(use())
    return caught.value


@pytest.mark.parametrize(
    ("fault", "code", "outcome"),
    [
        pytest.param(Fault.rate_limited(), "20429", NOT_SENT, id="429"),
        pytest.param(Fault.refused(77777, status=429), "77777", NOT_SENT, id="429 with a code of another product"),
        pytest.param(Fault.server_error(accepted=True), "20500", UNKNOWN, id="500 after accepting"),
        pytest.param(Fault.server_error(accepted=False), "20500", UNKNOWN, id="500 before accepting"),
        pytest.param(Fault.server_error(accepted=False, status=503, code=None), "503", UNKNOWN, id="503"),
        pytest.param(Fault.refused(30500, status=400), "30500", UNKNOWN, id="the code decides before the status"),
        pytest.param(Fault.refused(20429, status=500), "20429", NOT_SENT, id="the code decides, here too"),
        pytest.param(Fault.refused(21610, status=500), "21610", REJECTED, id="the code decides, once more"),
        pytest.param(Fault.dropped(accepted=True), "reset", UNKNOWN, id="dropped after accepting"),
        pytest.param(Fault.dropped(accepted=False), "reset", UNKNOWN, id="dropped before accepting"),
        pytest.param(Fault.unreadable("<html>"), "unreadable", UNKNOWN, id="201 with HTML"),
        pytest.param(Fault.unreadable(""), "unreadable", UNKNOWN, id="201 with nothing"),
        pytest.param(Fault.unreadable("[]"), "unreadable", UNKNOWN, id="201 with a list"),
        pytest.param(Fault.unreadable("null"), "unreadable", UNKNOWN, id="201 with null"),
        pytest.param(Fault.unreadable('{"sid": 7}'), "unreadable", UNKNOWN, id="201 without a SID"),
        pytest.param(Fault.unreadable('{"sid": "SM'), "unreadable", UNKNOWN, id="201 cut short"),
        pytest.param(Fault("error", accepted=False, status=408, body=""), "408", UNKNOWN, id="a gateway's time-out"),
        pytest.param(Fault("error", accepted=False, status=303, body=""), "303", UNKNOWN, id="a redirect"),
        pytest.param(Fault.refused(99999), "99999", REJECTED, id="an unknown code"),
        pytest.param(Fault("error", accepted=False, status=400, body='{"message": ""}'), "400", REJECTED, id="no code"),
        pytest.param(Fault("error", accepted=False, status=401, body=""), "401", NOT_SENT, id="401 without a code"),
        pytest.param(Fault("error", accepted=False, status=403, body="<html>"), "http-403", NOT_SENT, id="a proxy"),
    ],
)
def test_the_outcome_of(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, fault: Fault, code: str, outcome: SendOutcome
) -> None:
    emulator.faults.script(fault)
    error = failure(twilio(), a_message())
    assert (error.code, error.outcome) == (code, outcome)
    assert len(emulator.ledger.requests) == 1
    assert len(emulator.ledger.messages) == (1 if fault.accepted else 0)


@pytest.mark.parametrize(
    ("code", "outcome", "scope"),
    [
        (20003, NOT_SENT, SendScope.SENDER),
        (21211, REJECTED, SendScope.RECIPIENT),
        (21214, REJECTED, SendScope.RECIPIENT),
        (21217, REJECTED, SendScope.RECIPIENT),
        (21408, NOT_SENT, SendScope.SENDER),
        (21602, REJECTED, SendScope.CONTENT),
        (21606, NOT_SENT, SendScope.SENDER),
        (21608, NOT_SENT, SendScope.SENDER),
        (21610, REJECTED, SendScope.RECIPIENT),
        (21611, NOT_SENT, SendScope.SENDER),
        (21612, REJECTED, SendScope.RECIPIENT),
        (21614, REJECTED, SendScope.RECIPIENT),
        (21617, REJECTED, SendScope.CONTENT),
        (21620, REJECTED, SendScope.CONTENT),
        (21623, REJECTED, SendScope.CONTENT),
        (21635, REJECTED, SendScope.RECIPIENT),
        (21703, NOT_SENT, SendScope.SENDER),
        (21704, NOT_SENT, SendScope.SENDER),
    ],
)
def test_the_scope_of(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, code: int, outcome: SendOutcome, scope: SendScope
) -> None:
    emulator.faults.script(Fault.refused(code, "Twilio's own words"))
    error = failure(twilio(), a_message())
    assert (error.code, error.outcome, error.scope) == (str(code), outcome, scope)
    assert error.message == "Twilio's own words"
    assert error.stops == (code == 21610)
    assert error.credentials == (code == 20003)
    assert error.retry_after == (timedelta(minutes=5) if code == 21611 else None)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta()),
        ("Sun, 01 Mar 2026 18:01:30 GMT", timedelta(seconds=90)),  # the clock stands at 18:00
        ("Sunday, 01-Mar-26 18:01:30 GMT", timedelta(seconds=90)),  # RFC 850, which RFC 9110 still has us read
        ("Sun, 01 Mar 2026 17:00:00 GMT", timedelta()),  # already over
        ("99999999999999999999", timedelta(days=1)),  # no server decides that we stop for years
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_heard(
    twilio: Build, emulator: TwilioEmulator, a_message: Make, header: str | None, wait: timedelta | None
) -> None:
    emulator.faults.script(Fault.rate_limited(header))
    assert failure(twilio(), a_message()).retry_after == wait


def test_each_task_hears_its_own_retry_after(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    seconds = [1 + n % 9 for n in range(50)]
    messages = [a_message(1 + n) for n in range(50)]
    emulator.faults.script(
        *(Fault.rate_limited(str(s), to=m.to, delay=0.1) for s, m in zip(seconds, messages, strict=True))
    )
    provider = twilio()

    async def use() -> list[object]:
        try:
            return await asyncio.gather(*map(provider.send, messages), return_exceptions=True)
        finally:
            await provider.close()

    errors = asyncio.run(use())
    assert [getattr(error, "retry_after", None) for error in errors] == [timedelta(seconds=s) for s in seconds]


def test_a_long_silence_is_a_doubt(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    # As a server that is silent for 40 s, at a hundredth of the time.
    emulator.faults.script(Fault.silent(4.0))
    provider = twilio()
    provider.__dict__["_transport"] = Transport(api_url=emulator.url, read=0.3)
    error = failure(provider, a_message())
    assert (error.code, error.outcome) == ("read-timeout", UNKNOWN)
    assert len(emulator.ledger.messages) == 1
    assert len(emulator.ledger.requests) == 1


def test_errors_in_the_newer_format_are_read(twilio: Build, emulator: TwilioEmulator, a_message: Make) -> None:
    # RFC 9457, which Twilio's newer services answer with and its client turns into another exception.
    body = {"type": "https://t.example", "title": "Gone", "status": 400, "code": 21610, "detail": "has opted out"}
    emulator.faults.script(Fault("error", accepted=False, status=400, body=json.dumps(body)))
    error = failure(twilio(), a_message())
    assert (error.code, error.outcome, error.message, error.stops) == ("21610", REJECTED, "has opted out", True)


def test_a_wrong_address_is_no_permanent_refusal(twilio: Build, a_message: Make, emulator: TwilioEmulator) -> None:
    # A wrong path in api_url must not reject a whole campaign for good.
    provider = twilio(api_url=f"{emulator.url}/wrong")
    error = failure(provider, a_message())
    assert (error.outcome, error.scope) == (NOT_SENT, SendScope.SENDER)
