"""MMS: whether a message can carry its media to this recipient, and what is sent where it cannot."""

from __future__ import annotations

from typing import Literal

from engine.errors import ComposeError
from engine.plugins import Plugins
from engine.record import record
from engine.types import E164, Finding, Media, OutboundMessage, Sender, Severity

NOT_RECEIVABLE = frozenset({"media.country", "media.sender"})
"""Codes of findings that say: the media are fine, but not for this recipient or from this sender."""


@record
class Arranged:
    """The text and the media that are really sent."""

    body: str
    media: tuple[str, ...]


def arrange(
    body: str,
    media: tuple[str, ...],
    *,
    fallback: Literal["error", "link"],
    plugins: Plugins,
    workspace: str,
    message_id: str | None,
    to: E164,
    sender: Sender,
) -> Arranged:
    """Gives the message with its media, or where MMS cannot be received the text with links to them.

    Raises ComposeError: `media.not-receivable` where the template wants no links, and the plugins' codes for bad media.
    """
    if not media:
        return Arranged(body, ())
    message = OutboundMessage(
        id=message_id or "preview",
        workspace=workspace,
        attempt=1,
        to=to.number,
        sender=sender,
        body=body,
        media=media,
        country=to.country,
    )
    errors = [one for url in media for one in plugins.check_media(Media(url), message, sender) if _stops(one)]
    bad = next((one for one in errors if one.code not in NOT_RECEIVABLE), None)
    if bad is not None:
        raise ComposeError(bad.code, bad.message, hint=bad.hint)
    why = next((one.message for one in errors), None if sender.mms else f"the sender {sender.name!r} sends no MMS")
    if why is None:
        return Arranged(body, media)
    if fallback == "error":
        raise ComposeError("media.not-receivable", why, hint="media_fallback: link sends the text with a link instead")
    return Arranged("\n".join(filter(None, (body, *media))), ())


def _stops(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR
