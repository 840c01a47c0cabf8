"""The create-message call, made for every message: by a request of our own instead of the official client's.

The official client spends three times as long on building this request and reading its answer as the request itself
takes. So what never changes (address, headers, authorization) is taken from the official client once, and only the form
is made here; `test_creating.py` proves that both send the same bytes. Errors remain the official client's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from pydantic_core import from_json
from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from engine import OutboundMessage, PluginContext, ProviderStatus, Receipt, SenderKind, SendError, SendOutcome
from engine_twilio.errors import refused, unanswered
from engine_twilio.look_up import SID, STATUSES
from engine_twilio.transport import Transport, WireError, basic

if TYPE_CHECKING:
    from twilio.http.response import Response
    from twilio.rest import Client

LONGEST_VALIDITY = 36_000
"""Seconds that Twilio queues a message at most. Source: https://www.twilio.com/docs/messaging/api/message-resource"""

_ENCODED = {byte: quote_plus(bytes([byte])) for byte in range(256)}
"""What `quote_plus` makes of each byte: a translation of a text takes a tenth of its time."""


class Creator:
    """Makes the create-message calls of one account."""

    def __init__(self, client: Client, transport: Transport, context: PluginContext) -> None:
        self._transport = transport
        self._clock = context.clock
        messages = client.messages
        self._version = messages._version
        self._url = client.get_hostname(self._version.absolute_url(messages._uri))
        user, password = client.auth
        headers: dict[str, str] = client.get_headers("POST", None)
        headers["Authorization"] = basic(user, password)
        self._request = transport.prepare("POST", self._url, headers)

    async def create(self, message: OutboundMessage) -> Receipt:
        """Makes one call. Raises SendError."""
        try:
            answer = await self._transport.post(self._request, form(message))
        except WireError as error:
            raise unanswered(error) from error
        if 200 <= answer.status_code < 300:
            return _receipt(answer)
        try:
            raise self._version.exception("POST", self._url, answer, "Unable to create record")
        except (TwilioRestException, TwilioServiceException) as error:
            raise refused(error, answer, self._clock()) from error


def form(message: OutboundMessage) -> bytes:
    """Gives the form of a message. Absent fields are left out, not sent empty; the order is the official client's."""
    fields = [("To", message.to)]
    if message.status_callback is not None:
        fields.append(("StatusCallback", message.status_callback))
    if message.valid_seconds is not None:
        fields.append(("ValidityPeriod", str(min(max(message.valid_seconds, 1), LONGEST_VALIDITY))))
    if message.sender.kind is SenderKind.MESSAGING_SERVICE:
        # Engine has done this already where the workspace wants it: the text must arrive as it was previewed.
        fields.append(("SmartEncoded", "false"))
        fields.append(("MessagingServiceSid", message.sender.value))
    else:
        fields.append(("From", message.sender.value))
    if message.body or not message.media:
        fields.append(("Body", message.body))
    fields.extend(("MediaUrl", url) for url in message.media)
    return "&".join([f"{name}={_encoded(value)}" for name, value in fields]).encode()


def _encoded(text: str) -> str:
    return text.encode().decode("latin-1").translate(_ENCODED)


def _receipt(answer: Response) -> Receipt:
    try:
        made = from_json(answer.text)
        sid, status, error = made["sid"], made.get("status"), made.get("error_code")
        named = SID.fullmatch(sid) is not None
    except (ValueError, TypeError, LookupError, AttributeError) as unreadable:
        raise SendError("unreadable", SendOutcome.UNKNOWN, "Twilio's answer cannot be read") from unreadable
    if not named:
        raise SendError("unreadable", SendOutcome.UNKNOWN, "Twilio's answer names no message")
    return Receipt(sid, STATUSES.get(str(status), ProviderStatus.ACCEPTED), str(error) if error else None)
