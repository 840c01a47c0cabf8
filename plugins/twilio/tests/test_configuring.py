"""Reading and setting webhooks at Twilio, and what its refusals mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from engine_twilio.provider import Twilio

from engine import (
    ChangeRefused,
    CredentialsRefused,
    ProviderUnavailable,
    RemoteChange,
    RemoteSender,
    SenderKind,
    SenderWebhook,
)
from engine.testing.twilio_emulator import Account, Fault, TwilioEmulator

NUMBER, CODE, SERVICE = "+14155550100", "67076", "MG0123456789abcdef0123456789abcdef"
WORDS, EMPTY = f"MG{1:032x}", f"MG{2:032x}"
HERE = "https://sms.acme.example/webhooks/acme/twilio/inbound"
INBOUND, FALLBACK, STATUS = SenderWebhook.INBOUND, SenderWebhook.FALLBACK, SenderWebhook.STATUS
Build = Callable[..., Twilio]


@pytest.fixture
def account() -> Account:
    return Account(services={SERVICE: ("+14155550101",)})


def senders(provider: Twilio) -> dict[str, RemoteSender]:
    async def use() -> dict[str, RemoteSender]:
        try:
            return {sender.value: sender for sender in await provider.senders()}
        finally:
            await provider.close()

    return asyncio.run(use())


def configure(provider: Twilio, sender: RemoteSender, webhooks: dict[SenderWebhook, str]) -> None:
    async def use() -> None:
        try:
            await provider.configure(RemoteChange(sender, webhooks))
        finally:
            await provider.close()

    asyncio.run(use())


class TestAnAccount:
    @pytest.fixture
    def account(self) -> Account:
        return Account(
            numbers=(NUMBER, "+14155550101"),
            voice_only=frozenset({"+14155550101"}),
            short_codes=(CODE, "67077"),
            services={SERVICE: (CODE,), WORDS: ("ACME",), EMPTY: ()},
        )

    def test_says_what_each_sender_can_do(self, twilio: Build) -> None:
        found = senders(twilio())
        assert [(s.sms, s.mms, s.voice) for s in (found[NUMBER], found["+14155550101"])] == [
            (True, True, True),
            (False, False, True),
        ]
        # Only of short codes in a service does Twilio tell the country.
        assert (found[CODE].countries, found["67077"].countries) == (frozenset({"US"}), None)
        assert found[SERVICE].kind is SenderKind.MESSAGING_SERVICE
        assert [(s.sms, s.mms) for s in (found[SERVICE], found[WORDS], found[EMPTY])] == [
            (True, True),
            (True, False),
            (False, False),
        ]


@pytest.mark.parametrize(
    ("value", "settings", "webhooks"),
    [
        (NUMBER, {"sms_url": HERE}, {INBOUND: HERE, FALLBACK: ""}),
        (NUMBER, {"sms_url": HERE, "sms_method": "GET"}, {INBOUND: f"GET {HERE}", FALLBACK: ""}),
        (NUMBER, {"sms_url": "https://demo.twilio.com/welcome/sms/reply"}, {INBOUND: "", FALLBACK: ""}),
        (
            NUMBER,
            {"sms_application_sid": "AP" + "1" * 32},
            dict.fromkeys((INBOUND, FALLBACK), "application AP" + "1" * 32),
        ),
        (CODE, {"sms_url": HERE, "sms_fallback_url": HERE}, {INBOUND: HERE, FALLBACK: HERE}),
        (SERVICE, {"status_callback": HERE}, {INBOUND: "", FALLBACK: "", STATUS: HERE}),
        (
            SERVICE,
            {"use_inbound_webhook_on_number": True, "inbound_request_url": HERE},
            {INBOUND: "each number's own", FALLBACK: "each number's own", STATUS: ""},
        ),
    ],
)
def test_what_is_read(
    twilio: Build, emulator: TwilioEmulator, value: str, settings: dict[str, Any], webhooks: dict[SenderWebhook, str]
) -> None:
    emulator.console.change(value, **settings)
    assert senders(twilio())[value].webhooks == webhooks


def test_a_number_leaves_its_application(twilio: Build, emulator: TwilioEmulator) -> None:
    emulator.console.change(NUMBER, sms_application_sid="AP" + "1" * 32, sms_method="GET")
    configure(twilio(), senders(twilio())[NUMBER], {INBOUND: HERE})
    settings = emulator.console[NUMBER]
    assert (settings["sms_url"], settings["sms_method"], settings["sms_application_sid"]) == (HERE, "POST", "")


def test_a_number_s_own_callback_is_about_calls_and_is_left_alone(twilio: Build, emulator: TwilioEmulator) -> None:
    assert STATUS not in senders(twilio())[NUMBER].webhooks


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.refused(21402, on="configure"), ChangeRefused),
        (Fault.refused(20404, status=404, on="configure"), ChangeRefused),
        (Fault.refused(20003, status=401, on="configure"), CredentialsRefused),
        (Fault.refused(20003, status=403, on="configure"), CredentialsRefused),
        (Fault.rate_limited(on="configure"), ProviderUnavailable),
        (Fault.refused(20429, status=400, on="configure"), ProviderUnavailable),
        (Fault.server_error(accepted=False, on="configure"), ProviderUnavailable),
        (Fault("error", status=408, accepted=False, on="configure"), ProviderUnavailable),
        (Fault.dropped(accepted=True, on="configure"), ProviderUnavailable),
        (Fault.unreadable(on="configure"), ProviderUnavailable),
        (Fault("error", status=403, body="<html>", accepted=False, on="configure"), ProviderUnavailable),
    ],
    ids=lambda value: f"{value.answer} {value.status} {value.code}" if isinstance(value, Fault) else None,
)
@pytest.mark.parametrize("value", [NUMBER, CODE, SERVICE])
def test_what_a_failure_means(
    twilio: Build, emulator: TwilioEmulator, value: str, fault: Fault, error: type[Exception]
) -> None:
    sender = senders(twilio())[value]
    emulator.faults.script(fault)
    with pytest.raises((ProviderUnavailable, ChangeRefused)) as caught:
        configure(twilio(), sender, {INBOUND: HERE})
    assert type(caught.value) is error


def test_a_number_in_a_service_leads_where_the_service_does(twilio: Build, emulator: TwilioEmulator) -> None:
    member = senders(twilio())["+14155550101"]
    assert (member.held_by, member.webhooks) == (SERVICE, {})
    emulator.console.change(SERVICE, use_inbound_webhook_on_number=True)
    member = senders(twilio())["+14155550101"]
    assert (member.held_by, member.webhooks) == ("", {INBOUND: "", FALLBACK: ""})


@pytest.mark.parametrize(
    ("value", "settings"),
    [(NUMBER, {"sms_application_sid": "AP" + "1" * 32}), (SERVICE, {"use_inbound_webhook_on_number": True})],
)
def test_a_fallback_of_what_is_set_elsewhere_is_refused(
    twilio: Build, emulator: TwilioEmulator, value: str, settings: dict[str, Any]
) -> None:
    emulator.console.change(value, **settings)
    before = dict(emulator.console[value])
    with pytest.raises(ChangeRefused):
        configure(twilio(), senders(twilio())[value], {FALLBACK: HERE})
    assert emulator.console[value] == before


def test_twilio_s_own_refusals(twilio: Build, emulator: TwilioEmulator) -> None:
    sender = senders(twilio())[NUMBER]
    for webhooks, code in (({INBOUND: "no address"}, "21402"), ({INBOUND: "", FALLBACK: HERE}, "21406")):
        with pytest.raises(ChangeRefused) as caught:
            configure(twilio(), sender, webhooks)
        assert code in caught.value.message
    assert emulator.console[NUMBER]["sms_fallback_url"] == "", "all of it or nothing"
