"""What Twilio refuses, with its codes and words.

Sources: https://www.twilio.com/docs/api/errors and https://www.twilio.com/docs/iam/test-credentials, as of 2026-11-23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.testing.twilio_emulator.account import Account

MAGIC_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611, "+15005550006": None}
MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
ALPHANUMERIC = re.compile(r"(?=.{1,11}$)[A-Za-z0-9 ]*[A-Za-z][A-Za-z0-9 ]*")
LONGEST_BODY = 1600
MOST_MEDIA = 10
LONGEST_VALIDITY = 36_000

WORDS = {
    20003: "Authenticate",
    20008: "Resource not accessible with Test Account Credentials",
    20404: "The requested resource was not found",
    20001: "Invalid parameter",
    21211: "Invalid 'To' Phone Number: {to}",
    21212: "Invalid From Number (caller ID): {sender}",
    21266: "'To' and 'From' number cannot be the same: {to}",
    21402: "Invalid Url",
    21403: "Invalid Method",
    21406: "Cannot set SmsFallbackUrl without setting SmsUrl",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {to}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number provided ({sender}) is not a valid message-capable Twilio phone number.",
    21608: "The number {to} is unverified. Trial accounts cannot send messages to unverified numbers.",
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number: {to}, is not currently reachable using the 'From' phone number: {sender}",
    21614: "'To' number: {to}, is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21620: "Invalid media URL(s)",
    21623: "Number of media files exceeds allowed limit",
    21701: "The Messaging Service does not exist",
    21703: "The Messaging Service does not contain a phone number",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than success."""

    status: int
    code: int
    message: str


def refusal(code: int, *, status: int = 400, to: str = "", sender: str = "") -> Refusal:
    """Gives one of Twilio's errors."""
    return Refusal(status, code, WORDS[code].format(to=to, sender=sender))


def check(account: Account, form: dict[str, list[str]]) -> Refusal | None:
    """Gives why Twilio would not take a message, None if it would."""

    def value(name: str) -> str:
        return form[name][-1] if name in form else ""

    to, sender, service, body = value("To"), value("From"), value("MessagingServiceSid"), value("Body")
    media = form.get("MediaUrl", [])
    code = _addresses(account, to, sender, service) or _content(body, media) or _options(form)
    if code is None and account.trial and account.verified is not None and to not in account.verified:
        code = 21608
    if code is None and account.test_credentials and service:
        return refusal(20008, status=403)
    return None if code is None else refusal(code, to=to, sender=sender)


def _addresses(account: Account, to: str, sender: str, service: str) -> int | None:
    if not to:
        return 21604
    if not sender and not service:
        return 21603
    if not NUMBER.fullmatch(to):
        return 21211
    if to in MAGIC_TO:
        return MAGIC_TO[to]
    if to == sender:
        return 21266
    if to in account.opted_out:
        return 21610
    return _sender(account, sender, to) if sender else _service(account, service)


def _service(account: Account, service: str) -> int | None:
    if service not in account.services:
        return 21701
    return None if account.services[service] else 21703


def _sender(account: Account, sender: str, to: str) -> int | None:
    if sender in MAGIC_FROM:
        return MAGIC_FROM[sender]
    if account.test_credentials:
        return 21606
    if sender in account.numbers or sender in account.short_codes:
        return None
    if NUMBER.fullmatch(sender):
        return None if account.any_number else 21606
    if ALPHANUMERIC.fullmatch(sender):
        # The US and Canada take no alphanumeric senders.
        return 21612 if to.startswith("+1") else None
    return 21606 if sender.isdigit() else 21212


def _content(body: str, media: list[str]) -> int | None:
    if not body and not media:
        return 21602
    if len(body) > LONGEST_BODY:
        return 21617
    if len(media) > MOST_MEDIA:
        return 21623
    return None if all(is_url(url) for url in media) else 21620


def _options(form: dict[str, list[str]]) -> int | None:
    callback = form.get("StatusCallback")
    if callback and not is_url(callback[-1]):
        return 21609
    period = form.get("ValidityPeriod")
    if period and not (period[-1].isdigit() and 1 <= int(period[-1]) <= LONGEST_VALIDITY):
        return 20001
    return None


def is_url(text: str) -> bool:
    """True for an address that Twilio would call."""
    address = urlsplit(text)
    return address.scheme in ("http", "https") and bool(address.hostname)
