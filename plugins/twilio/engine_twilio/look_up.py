"""Settles a doubt: is one of the messages that Twilio lists the one whose sending was never answered?"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine import Absent, Ambiguous, Found, OutboundMessage, ProviderStatus, SenderKind

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.message import MessageInstance

SKEW = timedelta(seconds=60)
"""How far this machine's clock may be ahead of Twilio's. Its times are whole seconds."""
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")

STATUSES = {
    "accepted": ProviderStatus.ACCEPTED,
    "scheduled": ProviderStatus.ACCEPTED,
    "queued": ProviderStatus.ACCEPTED,
    "sending": ProviderStatus.ACCEPTED,
    "sent": ProviderStatus.SENT,
    "delivered": ProviderStatus.DELIVERED,
    "partially_delivered": ProviderStatus.DELIVERED,
    "read": ProviderStatus.DELIVERED,
    "undelivered": ProviderStatus.UNDELIVERED,
    "failed": ProviderStatus.FAILED,
    "canceled": ProviderStatus.FAILED,
}
"""Twilio's statuses of an outbound message. Source: the schema message_enum_status of its OpenAPI description."""


def status_of(record: MessageInstance) -> ProviderStatus:
    """Gives how far a message is; what Twilio has a new word for, it has at least accepted."""
    return STATUSES.get(str(record.status), ProviderStatus.ACCEPTED)


def error_of(record: MessageInstance) -> str | None:
    """Gives a message's error code as text, None without one."""
    return str(record.error_code) if record.error_code else None


async def recent(records: AsyncIterator[MessageInstance], since: datetime) -> list[MessageInstance]:
    """Gives the records that may have been made since then, reading no more pages than needed.

    Twilio sorts by DateSent, newest first, and those not sent yet have none. So the list ends for us at the first
    record that was sent before: one made before may still have been sent after.
    """
    earliest = since - SKEW
    found = []
    async for record in records:
        if record.date_sent is not None and record.date_sent < earliest:
            break
        if record.date_created is None or record.date_created >= earliest.replace(microsecond=0):
            found.append(record)
    return found


def match(
    records: Iterable[MessageInstance], message: OutboundMessage, taken: Collection[str]
) -> Found | Absent | Ambiguous:
    """Says which of the records is the message: the one with its sender, body and number of media."""
    exact, odd = [], []
    for record in records:
        if record.sid is None or record.sid in taken or not _ours(record, message):
            continue
        same_body = (record.body or "") == message.body
        same_media = _media(record) == len(message.media)
        if same_body and same_media:
            exact.append(record)
        # Another number of media is another message, unless Twilio's MMS converter put the media into the text.
        elif same_media or message.body in (record.body or ""):
            odd.append(record)
    if len(exact) == 1:
        return Found(str(exact[0].sid), status_of(exact[0]), error_of(exact[0]))
    if exact:
        return Ambiguous(f"{len(exact)} messages at Twilio are exactly this one", _sids(exact), certain=True)
    if odd:
        why = (
            "a message at Twilio has the same recipient and sender, but not the same content: "
            "a trial account's prefix, smart encoding, redaction, or another message"
        )
        return Ambiguous(why, _sids(odd))
    return Absent()


def _ours(record: MessageInstance, message: OutboundMessage) -> bool:
    if not str(record.direction).startswith("outbound") or record.to != message.to:
        return False
    if message.sender.kind is SenderKind.MESSAGING_SERVICE:
        # From is empty until the service has picked a number.
        return bool(record.messaging_service_sid == message.sender.value)
    return bool(record.from_ == message.sender.value)


def _media(record: MessageInstance) -> int:
    return int(record.num_media or 0)


def _sids(records: Iterable[MessageInstance]) -> tuple[str, ...]:
    return tuple(str(record.sid) for record in records)
