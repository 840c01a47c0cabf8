"""The words of a comment: a report made safe to show under our name."""

from __future__ import annotations

import re
from pathlib import Path

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


def marker(config: Path, environment: str | None) -> str:
    """Gives the hidden line that a comment is found by, one for each config and environment."""
    name = " ".join(part for part in (config.as_posix(), environment) if part)
    return f"<!-- engine: {re.sub(r'[^A-Za-z0-9._/ ]+', '-', name).strip('-')} -->"


def body(text: str, mark: str, *, limit: int, run: str) -> str:
    """Gives the whole comment in at most `limit` characters: marker, report and where it comes from.

    A report is a pull request's own, so it could say anything. It mentions nobody: a name behind an @ is parted from
    it by a character without a width.
    """
    text = re.sub(r"@(?=[A-Za-z0-9])", "@\u200b", text.replace("\r\n", "\n").replace("\0", "")).strip()
    end = f"\n\n<sub>Made by the pull request's own run, from its own files: [the run]({run})</sub>\n"
    room = limit - len(mark) - len(end) - 1
    return f"{mark}\n{text if len(text) <= room else _cut(text, room)}{end}"


def _cut(text: str, room: int) -> str:
    more = "\n\n**Too long for a comment.** The rest is in the run."
    kept = text[: room - len(more) - 16]
    line_end = kept.rfind("\n", len(kept) - 1000)
    kept = kept[:line_end] if line_end > 0 else kept
    return kept + _closing(kept) + more


def _closing(text: str) -> str:
    """Gives what closes a block of code that the cut has left open."""
    opened = ""
    for fence in _FENCE.findall(text):
        if not opened:
            opened = fence
        elif fence[0] == opened[0] and len(fence) >= len(opened):
            opened = ""
    return f"\n{opened}" if opened else ""
