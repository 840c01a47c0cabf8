"""GitHub Flavored Markdown in which foreign text cannot do anything.

Bodies, links and names come from whoever opened the pull request. They stand in code alone: there GitHub reads no
Markdown, mentions nobody, links nothing and shows no image (https://github.github.com/gfm/#code-spans). What would be
invisible, or turn the line around, is written out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import chain

from engine.reconcile.lines import printable


def code(text: str) -> str:
    """Gives a code span that holds a text, whatever it is; in one line, and safe in no table."""
    shown = printable(text)
    if not shown.strip():
        shown = f'"{shown}"'
    ticks = "`" * (_longest_run(shown) + 1)
    # One space at either end is dropped by readers: it keeps ticks apart, and saves a space that belongs to the text.
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fence(rows: Iterable[str], language: str) -> str:
    """Gives a block of code, in a fence that is longer than any in it."""
    shown = list(map(printable, rows))
    ticks = "`" * max(3, max(map(_longest_run, shown), default=0) + 1)
    return "\n".join((f"{ticks}{language}", *shown, ticks))


def html_code(text: str) -> str:
    """Gives code for within HTML, on one line: HTML ends, and Markdown begins again, at an empty line."""
    rows = (html.escape(printable(row), quote=True) for row in text.split("\n"))
    return "<br>".join(f"<code>{row}</code>" if row else "" for row in rows)


def folded(summary: str, parts: Iterable[str], *, open_: bool) -> str:
    """Gives a part that unfolds. `summary` is HTML on one line."""
    begin = f"<details{' open' if open_ else ''}><summary>{summary}</summary>"
    return "\n\n".join(chain((begin,), parts, ("</details>",)))


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
