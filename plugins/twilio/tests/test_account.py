from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_twilio.provider import Twilio

from engine import Finding, OutboundMessage, ProviderUnavailable, Receipt, RemoteSender, SenderKind, SendError, Severity
from engine.testing.twilio_emulator import Account, Fault, TwilioEmulator

MAGIC = json.loads((Path(__file__).parent / "data/twilio-test-numbers.json").read_text("utf-8"))
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def findings(provider: Twilio) -> dict[str, Finding]:
    async def use() -> dict[str, Finding]:
        found = {finding.code: finding for finding in await provider.check_account()}
        await provider.close()
        return found

    return asyncio.run(use())


def test_a_full_account_needs_no_words(twilio: Build) -> None:
    assert findings(twilio()) == {}


class TestTrial:
    @pytest.fixture
    def account(self) -> Account:
        return Account(trial=True)

    def test_is_named(self, twilio: Build) -> None:
        found = findings(twilio())
        assert {code: finding.severity for code, finding in found.items()} == {"twilio.trial-account": Severity.WARNING}


class TestSuspended:
    @pytest.fixture
    def account(self) -> Account:
        return Account(status="suspended")

    def test_is_named(self, twilio: Build) -> None:
        found = findings(twilio())
        assert {code: f.severity for code, f in found.items()} == {"twilio.account-not-active": Severity.ERROR}


class TestTestCredentials:
    @pytest.fixture
    def account(self) -> Account:
        return Account(test_credentials=True)

    def test_are_named(self, twilio: Build) -> None:
        found = findings(twilio())
        assert {code: f.severity for code, f in found.items()} == {"twilio.test-credentials": Severity.WARNING}

    def test_can_only_send(self, twilio: Build) -> None:
        async def use() -> None:
            provider = twilio()
            try:
                await provider.senders()
            finally:
                await provider.close()

        with pytest.raises(ProviderUnavailable) as caught:
            asyncio.run(use())
        assert "20008" in caught.value.message

    @pytest.mark.parametrize(("number", "verdict"), MAGIC["from"].items())
    def test_magic_senders(self, twilio: Build, a_message: Make, number: str, verdict: dict[str, Any]) -> None:
        sender = (SenderKind.LONG_CODE, "+14155550100" if number == "*" else number)
        _expect(twilio(), a_message(sender=sender), verdict["code"])

    @pytest.mark.parametrize(("number", "verdict"), MAGIC["to"].items())
    def test_magic_recipients(self, twilio: Build, a_message: Make, number: str, verdict: dict[str, Any]) -> None:
        to = "+14155550123" if number == "*" else number
        _expect(twilio(), a_message(sender=(SenderKind.LONG_CODE, "+15005550006"), to=to), verdict["code"])


def _expect(provider: Twilio, message: OutboundMessage, code: int | None) -> None:
    async def use() -> Receipt | SendError:
        try:
            return await provider.send(message)
        except SendError as error:
            return error
        finally:
            await provider.close()

    got = asyncio.run(use())
    assert (got.code if isinstance(got, SendError) else None) == (str(code) if code else None)


def test_refused_credentials_are_an_error(twilio: Build) -> None:
    found = findings(twilio(auth_token="${WRONG}"))
    assert {code: f.severity for code, f in found.items()} == {"twilio.credentials-refused": Severity.ERROR}


def test_an_api_key_that_may_not_read_the_account_is_a_warning(twilio: Build, emulator: TwilioEmulator) -> None:
    # A standard key may send, but not read /Accounts.
    emulator.faults.script(Fault.refused(20003, status=401, on="account"))
    key = next(iter(emulator.account.api_keys))
    found = findings(twilio(auth_token=None, api_key=key, api_secret="${SECRET}"))
    assert {code: f.severity for code, f in found.items()} == {"twilio.account-unreachable": Severity.WARNING}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("error", status=500, accepted=False, on="account"),
        Fault("error", status=403, body="<html>", accepted=False, on="account"),
        Fault("drop", on="account"),
        Fault("garbage", status=200, body="<html>", on="account"),
        Fault("garbage", status=200, body="[]", on="account"),
    ],
    ids=lambda fault: f"{fault.answer} {fault.status} {fault.body}",
)
def test_an_account_that_cannot_be_read_is_a_warning(twilio: Build, emulator: TwilioEmulator, fault: Fault) -> None:
    emulator.faults.script(fault)
    found = findings(twilio())
    assert {code: f.severity for code, f in found.items()} == {"twilio.account-unreachable": Severity.WARNING}


def test_lists_every_kind_of_sender(twilio: Build, emulator: TwilioEmulator) -> None:
    async def use() -> list[RemoteSender]:
        provider = twilio()
        try:
            return list(await provider.senders())
        finally:
            await provider.close()

    found = asyncio.run(use())
    assert {(s.kind, s.value, s.sms, s.mms) for s in found} == {
        (SenderKind.LONG_CODE, "+14155550100", True, True),
        (SenderKind.LONG_CODE, "+14155550101", True, True),
        (SenderKind.LONG_CODE, "+447700900100", True, False),
        (SenderKind.TOLL_FREE, "+18335550100", True, True),
        (SenderKind.SHORT_CODE, "67076", True, True),
        (SenderKind.MESSAGING_SERVICE, "MG0123456789abcdef0123456789abcdef", True, True),
    }


class TestManyNumbers:
    @pytest.fixture
    def account(self) -> Account:
        many = tuple(f"+1415555{n:04}" for n in range(2345))
        return Account(numbers=many, services={f"MG{n:032x}": many[n : n + 2] for n in range(60)})

    def test_every_page_is_read(self, twilio: Build) -> None:
        async def use() -> list[RemoteSender]:
            provider = twilio()
            try:
                return list(await provider.senders())
            finally:
                await provider.close()

        found = asyncio.run(use())
        assert len({sender.value for sender in found}) == 2345 + 60 + 1
