"""Lines that a terminal colours and a pipe prints plainly, and what may stand in them."""

from __future__ import annotations

import json
from typing import NamedTuple


class Line(NamedTuple):
    """One line. A style is "add", "remove", "change", "head", "dim", "warn" or "" for plain."""

    style: str
    text: str
    right_style: str = ""
    right: str = ""  # what stands beside it; the text is as wide as its column then


def printable(text: str) -> str:
    """Gives a text with what a terminal would obey, or hide, written out: escape codes, bidi marks, odd spaces.

    Bodies come from pull requests; a body must not be able to repaint the plan that shows it. The joiner inside
    emoji stays.
    """
    if text.isprintable():
        return text
    return "".join(spelled(text, position) for position in range(len(text)))


def spelled(text: str, position: int) -> str:
    """Gives one character of a text, written out where it would be obeyed or hidden."""
    char = text[position]
    joins = char == "\u200d" and position > 0 and not text[position - 1].isascii()
    if char.isprintable() or joins:
        return char
    return json.dumps(char)[1:-1] if ord(char) < 0x20 else f"\\u{{{ord(char):x}}}"
