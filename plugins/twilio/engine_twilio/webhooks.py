"""What Twilio's calls say, and what it is answered.

Sources: https://www.twilio.com/docs/messaging/guides/webhook-request (texts),
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (statuses),
https://www.twilio.com/docs/messaging/twiml/message (replies) and https://www.skills.sh/twilio/ai/twilio-messaging-webhooks
(Twilio's own: "204 to acknowledge without replying"; error 15003 says the same), as of 2026-12-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, cast
from xml.sax.saxutils import escape, quoteattr

from engine import (
    InboundMessage,
    OutboundMessage,
    ProviderStatus,
    SenderKind,
    StatusUpdate,
    UsageError,
    WebhookAnswer,
)
from engine_twilio.look_up import SID, STATUSES
from engine_twilio.signing import Parameters

MOST_MEDIA = 10
"""Media of one text. Source: https://www.twilio.com/docs/messaging/guides/webhook-request"""
LONGEST_BODY = 1600
OPT_OUTS = ("STOP", "START", "HELP")
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(parameters: Parameters) -> InboundMessage | StatusUpdate | None:
    """Gives the text or the status that a call brings, None for what is neither: another channel than SMS and MMS.

    Raises UsageError where something is missing or is no SID.
    """
    get = parameters.get
    status = get("MessageStatus") or get("SmsStatus")
    if status in STATUSES:
        return StatusUpdate(_sid(parameters), STATUSES[status], _error(parameters))
    if "MessageStatus" in parameters.last:
        # A word that Twilio has made since: it has at least accepted the message.
        return StatusUpdate(_sid(parameters), ProviderStatus.ACCEPTED, _error(parameters))
    sender, to = get("From"), get("To")
    if not sender or not to:
        raise UsageError("Twilio's call is about no message: it has no From, To or MessageStatus")
    if ":" in sender:
        return None  # whatsapp:+1…, messenger:…
    return InboundMessage(
        provider_id=_sid(parameters),
        from_number=sender,
        to=to,
        body=get("Body"),
        media=tuple(_media(parameters)) if get("NumMedia") not in ("", "0") else (),
        opt_out=_opt_out(get("OptOutType")),
        service=get("MessagingServiceSid") or None,
    )


def fits(message: OutboundMessage) -> bool:
    """True for a message that TwiML can carry: from the number that was texted, which is the one that answers."""
    return (
        message.sender.kind is not SenderKind.MESSAGING_SERVICE
        and len(message.body) <= LONGEST_BODY
        and _NOT_XML.search(message.body) is None
    )


def answer(replies: Sequence[OutboundMessage]) -> WebhookAnswer:
    """Gives TwiML that sends these replies; nothing at all, thus 204, where there are none."""
    if not replies:
        return WebhookAnswer()
    inner = "".join(_message(reply) for reply in replies)
    return WebhookAnswer(f"{_XML}<Response>{inner}</Response>".encode(), "text/xml")


def _message(reply: OutboundMessage) -> str:
    callback = f' action={quoteattr(reply.status_callback)} method="POST"' if reply.status_callback else ""
    body = f"<Body>{escape(reply.body)}</Body>" if reply.body else ""
    media = "".join(f"<Media>{escape(url)}</Media>" for url in reply.media)
    return f"<Message{callback}>{body}{media}</Message>"


def _sid(parameters: Parameters) -> str:
    sid = parameters.get("MessageSid") or parameters.get("SmsSid")
    if SID.fullmatch(sid) is None:
        raise UsageError("Twilio's call names no message")
    return sid


def _error(parameters: Parameters) -> str | None:
    code = parameters.get("ErrorCode")
    return code if code.isascii() and code.isdigit() and code.strip("0") else None


def _media(parameters: Parameters) -> Iterable[str]:
    count = parameters.get("NumMedia")
    for place in range(min(int(count), MOST_MEDIA) if count.isascii() and count.isdigit() and len(count) < 10 else 0):
        if url := parameters.get(f"MediaUrl{place}"):
            yield url


def _opt_out(word: str) -> Literal["STOP", "START", "HELP"] | None:
    return cast("Literal['STOP', 'START', 'HELP']", word) if word in OPT_OUTS else None
