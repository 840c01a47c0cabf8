"""What calls say, and TwiML."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from engine_twilio.provider import Twilio
from engine_twilio.signing import Parameters
from engine_twilio.webhooks import read
from hypothesis import given
from hypothesis import strategies as st

from engine import (
    InboundMessage,
    OutboundMessage,
    ProviderStatus,
    SenderKind,
    StatusUpdate,
    UsageError,
    WebhookAnswer,
    WebhookRequest,
)
from engine.testing.context import ManualClock
from engine.testing.twilio_emulator import RemoteEmulator, TwilioEmulator

SID = f"SM{7:032x}"
TEXT = {
    "MessageSid": SID,
    "SmsStatus": "received",
    "From": "+14155550123",
    "To": "+14155550100",
    "Body": "Hi",
    "NumMedia": "0",
}
STATUS = {"MessageSid": SID, "MessageStatus": "delivered", "From": "+14155550100", "To": "+14155550123"}
Build = Callable[..., Twilio]
Make = Callable[..., OutboundMessage]


def parsed(provider: Twilio, fields: dict[str, Any]) -> list[InboundMessage | StatusUpdate]:
    body = urlencode(fields, doseq=True).encode()
    form = {"content-type": "application/x-www-form-urlencoded"}
    return list(provider.parse(WebhookRequest("POST", "https://engine.example/in", form, body)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"Body": ""}, {"body": ""}),
        ({"Body": "  é\r\n👍 "}, {"body": "  é\r\n👍 "}),  # nothing is stripped
        ({"OptOutType": "STOP", "Body": "adios"}, {"body": "adios", "opt_out": "STOP"}),
        ({"OptOutType": "SOMETHING"}, {"opt_out": None}),
        ({"MessagingServiceSid": f"MG{1:032x}"}, {"service": f"MG{1:032x}"}),
        ({"NumMedia": "2", "MediaUrl0": "https://m.example/0", "MediaUrl1": "https://m.example/1"},
         {"media": ("https://m.example/0", "https://m.example/1")}),
        ({"NumMedia": "999999999", "MediaUrl0": "https://m.example/0"}, {"media": ("https://m.example/0",)}),
        ({"NumMedia": "two", "MediaUrl0": "https://m.example/0"}, {"media": ()}),
        ({"NumMedia": "9" * 6000, "MediaUrl0": "https://m.example/0"}, {"media": ()}),  # too many for int()
        ({"Body": ["first", "last"]}, {"body": "last"}),
    ],
)  # fmt: skip
def test_reads_texts(twilio: Build, changes: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = {"provider_id": SID, "from_number": "+14155550123", "to": "+14155550100", "body": "Hi"}
    assert parsed(twilio(), TEXT | changes) == [InboundMessage(**(plain | expected))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, StatusUpdate(SID, ProviderStatus.DELIVERED)),
        (
            {"MessageStatus": "undelivered", "ErrorCode": "30005"},
            StatusUpdate(SID, ProviderStatus.UNDELIVERED, "30005"),
        ),
        ({"MessageStatus": "sent", "ErrorCode": ""}, StatusUpdate(SID, ProviderStatus.SENT)),
        ({"MessageStatus": "sent", "ErrorCode": "0"}, StatusUpdate(SID, ProviderStatus.SENT)),
        ({"MessageStatus": "teleported"}, StatusUpdate(SID, ProviderStatus.ACCEPTED)),  # a word of the future
        ({"MessageStatus": "read"}, StatusUpdate(SID, ProviderStatus.DELIVERED)),
    ],
)
def test_reads_statuses(twilio: Build, changes: dict[str, str], expected: StatusUpdate) -> None:
    assert parsed(twilio(), STATUS | changes) == [expected]


def test_reads_the_parameters_of_a_get(twilio: Build) -> None:
    url = f"https://engine.example/in?{urlencode(TEXT)}"
    (text,) = twilio().parse(WebhookRequest("GET", url, {}, b""))
    assert text == InboundMessage(SID, "+14155550123", "+14155550100", "Hi")


def test_leaves_other_channels_alone(twilio: Build) -> None:
    assert parsed(twilio(), TEXT | {"From": "whatsapp:+14155550123", "To": "whatsapp:+14155550100"}) == []


@pytest.mark.parametrize(
    "fields", [{}, {"MessageSid": SID}, TEXT | {"MessageSid": "1"}, STATUS | {"MessageSid": ""}, TEXT | {"From": ""}]
)
def test_refuses_what_is_about_nothing(twilio: Build, fields: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        parsed(twilio(), fields)


NAMES = ["MessageSid", "MessageStatus", "SmsStatus", "From", "To", "Body", "NumMedia", "ErrorCode", "OptOutType"]


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), st.lists(st.just(SID) | st.text(), max_size=3), max_size=8))
def test_nothing_but_usage_errors_comes_of_any_form(fields: dict[str, list[str]]) -> None:
    with suppress(UsageError):
        read(Parameters(urlencode(fields, doseq=True)))


def twiml(provider: Twilio, *replies: OutboundMessage) -> ElementTree.Element:
    answer = provider.answer(replies)
    assert answer.media_type == "text/xml"
    return ElementTree.fromstring(answer.body)


def test_an_answer_without_replies_is_empty(twilio: Build) -> None:
    assert twilio().answer() == WebhookAnswer()


def test_replies_are_messages_that_report_back(twilio: Build, a_message: Make) -> None:
    url = "https://engine.example/webhooks/acme/twilio/status?message=msg_1&attempt=1"
    body = 'Fish & <chips> "x"\nnext — 👍'
    reply = a_message(1, body=body, media=("https://m.example/a?b=1&c=2",), status_callback=url)
    (message,) = twiml(twilio(), reply)
    assert message.tag == "Message"
    assert (message.get("action"), message.get("method")) == (url, "POST")
    assert [(part.tag, part.text) for part in message] == [("Body", body), ("Media", "https://m.example/a?b=1&c=2")]


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"body": "x" * 1600}, True),
        ({"body": "x" * 1601}, False),
        ({"body": "bell \x07"}, False),  # no XML holds it
        ({"sender": (SenderKind.MESSAGING_SERVICE, f"MG{1:032x}")}, False),  # TwiML answers from the number itself
    ],
)
def test_what_twiml_can_carry(twilio: Build, a_message: Make, changes: dict[str, Any], fits: bool) -> None:
    assert twilio().fits_inline(a_message(1, **changes)) is fits


def test_replies_are_inline_where_the_workspace_says_so(twilio: Build) -> None:
    assert not twilio().replies_inline
    assert twilio(replies="twiml").replies_inline


def test_lists_what_was_received(twilio: Build, emulator: TwilioEmulator, a_message: Make, clock: ManualClock) -> None:
    remote = RemoteEmulator(emulator.url)
    began = clock()
    remote.text("+14155550123", "+14155550100", "early")
    clock.advance(timedelta(minutes=10))
    picture = remote.text("+14155550123", "+14155550100", "", media=["https://m.example/0"])
    service = "MG0123456789abcdef0123456789abcdef"
    served = remote.text("+14155550124", "+14155550101", "to the service", service=service)
    remote.text("+14155550125", "+18335550100", "to nobody of ours")

    async def ask(*to: str) -> list[InboundMessage]:
        provider = twilio()
        await provider.send(a_message(1))  # to +14155550101, from us: no text that we received
        found = await provider.inbound(since=began + timedelta(minutes=5), to=to)
        await provider.close()
        return list(found)

    now = began + timedelta(minutes=10)
    media = (
        f"https://api.twilio.com/2010-04-01/Accounts/{emulator.account.sid}/Messages/{picture}/Media/ME{2 * 16:032x}"
    )
    with_picture = InboundMessage(picture, "+14155550123", "+14155550100", "", (media,), at=now)
    assert asyncio.run(ask("+14155550100", "67076")) == [with_picture]
    found = asyncio.run(ask(service))
    assert [(text.provider_id, text.to, text.service) for text in found] == [
        (picture, "+14155550100", service),
        (served, "+14155550101", service),
    ]
