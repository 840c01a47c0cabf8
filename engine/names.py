"""Helps with names that mean nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 20


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Gives a hint towards the closest known name, or what names there are where none is close."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "there are none"
    return f"there are: {', '.join(names[:SHOWN])}" + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
