"""Two texts side by side, in the columns that a terminal has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

from engine.reconcile.lines import Line, printable

GAP = " │ "
NARROWEST = 24
"""Columns; where there are fewer for each text, they stand below each other."""


def column(width: int, indent: int) -> int:
    """Gives how many columns each of two texts has on a line of that width; 0 where they do not fit."""
    each = (width - indent - len(GAP)) // 2
    return each if each >= NARROWEST else 0


def beside(before: str, after: str, *, column: int, indent: int) -> Iterator[Line]:
    """Gives lines with the old text on the left and the new one on the right, the rows that they share dimmed."""
    old, new = before.split("\n"), after.split("\n")
    for tag, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        left = [part for row in old[a:b] for part in _wrapped(row, column)]
        right = [part for row in new[c:d] for part in _wrapped(row, column)]
        styles = ("dim", "dim") if tag == "equal" else ("remove", "add")
        for one, other in zip_longest(left, right, fillvalue=""):
            padded = one + " " * (column - cell_len(one))
            yield Line(styles[0], f"{' ' * indent}{padded}", styles[1], f"{GAP}{other}".rstrip())


def _wrapped(row: str, width: int) -> Iterator[str]:
    """Gives a row in pieces that fit, cut between words where that is possible. Nothing of it is lost."""
    piece = ""
    for word in _words(printable(row)):
        if piece and cell_len(piece + word.rstrip(" ")) > width:
            yield piece
            piece = ""
        *whole, piece = chop_cells(piece + word, width) or [""]
        yield from whole
    yield piece


def _words(row: str) -> Iterator[str]:
    """Gives the words of a row, each with the spaces behind it."""
    start = 0
    for position in range(1, len(row)):
        if row[position] != " " and row[position - 1] == " ":
            yield row[start:position]
            start = position
    yield row[start:]
