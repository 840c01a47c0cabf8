"""What the page shows of a text, as JSON: plain strings, in parts, so that it has nothing to interpret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine import count_segments
from engine_sandbox.network import FROM_PHONE, Text

_ADDRESS = re.compile(r"https?://[^\s<>\"“”„«»\\`{}|^\x00-\x1f\x7f]+", re.IGNORECASE)
_BEHIND = ".,;:!?'’‘…*_~。，、！？；：」』）】"
_BRACKETS = {")": "(", "]": "["}

Tappable = Callable[[str], str]
"""Gives the address that a link in a text opens here."""


def bubble(text: Text, workspace: str | None, name: str | None, tappable: Tappable) -> dict[str, Any]:
    """Gives one text, to or from the sender of that name. Its times are milliseconds since 1970, and may lie ahead."""
    segments = count_segments(text.body)
    return {
        "id": text.id,
        "position": text.position,
        "phone": text.phone,
        "mine": text.direction == FROM_PHONE,
        "sender": text.sender,
        "name": name,
        "workspace": workspace,
        "parts": list(parts(text.body, tappable)),
        "media": list(text.media),
        "at": text.at,
        "sent_at": text.sent_at,
        "done_at": text.done_at,
        "error": text.error_code,
        "message": text.reference or None,
        "encoding": segments.encoding.value,
        "segments": segments.segments,
        "units": segments.units,
    }


def parts(body: str, tappable: Tappable) -> Iterator[dict[str, str]]:
    """Cuts a text into words and links: `{"text"}`, and `{"text", "href"}` with what the link opens."""
    position = 0
    for found in _ADDRESS.finditer(body):
        address = _without_punctuation(found[0])
        if address.endswith("://"):
            continue
        start = found.start()
        if start > position:
            yield {"text": body[position:start]}
        yield {"text": address, "href": tappable(address)}
        position = start + len(address)
    if position < len(body):
        yield {"text": body[position:]}


def _without_punctuation(address: str) -> str:
    end = len(address)
    while end and (address[end - 1] in _BEHIND or _closes_nothing(address[:end])):
        end -= 1
    return address[:end]


def _closes_nothing(address: str) -> bool:
    opening = _BRACKETS.get(address[-1])
    return opening is not None and address.count(address[-1]) > address.count(opening)
