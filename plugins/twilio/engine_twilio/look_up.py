"""Settles a doubt: is one of the messages that Twilio lists the one whose sending was never answered?"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from engine import Absent, Ambiguous, Found, OutboundMessage, ProviderStatus, SenderKind

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.message import MessageInstance

MARGIN = timedelta(seconds=60)
"""Looked back further than the attempt: Twilio's times are whole seconds, and its machines have clocks of their own."""
CLOCK_FAULT = timedelta(days=1)
"""How far to look back where the attempt lies in the future: the clock was wrong then, or is wrong now."""
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


def earliest(since: datetime, now: datetime, told: str | None) -> datetime:
    """Gives the moment, by Twilio's clock, before which the attempt that began at `since` cannot have been made.

    `now` is this machine's clock and `told` the header Date of Twilio's answer just now: what they differ by is how
    wrong this machine is.
    """
    wrong = timedelta(0)
    if told is not None:
        try:
            wrong = parsedate_to_datetime(told) - now
        except (TypeError, ValueError):
            wrong = timedelta(0)
    return (since if since <= now else now - CLOCK_FAULT) + wrong - MARGIN


async def recent(records: AsyncIterator[MessageInstance], earliest_of: Callable[[], datetime]) -> list[MessageInstance]:
    """Gives the records that may have been made since then, reading no more pages than needed. `earliest_of` is asked
    when the first page is there.

    Twilio sorts by DateSent, newest first, and those not sent yet have none. So the list ends for us at the first
    record that was sent before: one made before may still have been sent after.
    """
    found: list[MessageInstance] = []
    since: datetime | None = None
    async for record in records:
        since = since or earliest_of()
        if record.date_sent is not None and record.date_sent < since:
            break
        if record.date_created is None or record.date_created >= since.replace(microsecond=0):
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
