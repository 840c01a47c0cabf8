"""Expected texts: … stands for any text. Does one match, and if not, where do they part?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ANY = "…"
WIDTH = 88
"""Columns of text in one row of a comparison."""

_CONTROL = {code: 0x2400 + code for code in range(32)} | {10: "⏎", 127: "␡"}
_TOKENS = re.compile(rf"{ANY}|\s+|\w+|[^\w\s]")


def matches(pattern: str, text: str) -> bool:
    """True where the whole text is as the pattern says. Takes time linear in both."""
    first, *rest = pattern.split(ANY)
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


@dataclass(frozen=True, slots=True)
class Pair:
    """A part of an expected text and what stands in its place."""

    expected: str
    actual: str
    same: bool


def align(pattern: str, text: str) -> list[Pair]:
    """Gives both texts in parts, word by word, so that as many as can be are the same."""
    wanted, there = _TOKENS.findall(pattern), _TOKENS.findall(text)
    return list(_joined(_walk(wanted, there, _costs(wanted, there))))


def compare(pattern: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Gives rows of expected text, actual text, and marks below what differs. What is the same stands below itself."""
    rows = ["", "", ""]
    for pair in align(visible(pattern), visible(text)):
        width = max(len(pair.expected), len(pair.actual))
        for index, part in enumerate((pair.expected, pair.actual, "" if pair.same else "^" * width)):
            rows[index] += part.ljust(width)
    for start in range(0, max(len(rows[0]), 1), WIDTH):
        expected, actual, marks = (row[start : start + WIDTH].rstrip() for row in rows)
        yield expected, actual, marks


def visible(text: str) -> str:
    """Gives a text on one line, with a sign for each character that would not print."""
    return text.translate(_CONTROL)


def _costs(wanted: list[str], there: list[str]) -> list[list[int]]:
    """Gives, for each pair of places, how many changes make the rest of one text the rest of the other."""
    rows, columns = len(wanted), len(there)
    costs = [[0] * (columns + 1) for _ in range(rows + 1)]
    costs[rows] = [columns - column for column in range(columns + 1)]
    for row in range(rows - 1, -1, -1):
        below, here, token = costs[row + 1], costs[row], wanted[row]
        free = token == ANY
        here[columns] = below[columns] + (not free)
        for column in range(columns - 1, -1, -1):
            if free:
                here[column] = min(below[column], here[column + 1])
            elif token == there[column]:
                here[column] = below[column + 1]
            else:
                here[column] = 1 + min(below[column], here[column + 1], below[column + 1])
    return costs


def _walk(wanted: list[str], there: list[str], costs: list[list[int]]) -> Iterator[Pair]:
    row = column = 0
    while row < len(wanted) or column < len(there):
        cost = costs[row][column]
        if row < len(wanted) and wanted[row] == ANY:
            taken = column
            while taken < len(there) and costs[row + 1][taken] != cost:
                taken += 1
            yield Pair(ANY, "".join(there[column:taken]), same=True)
            row, column = row + 1, taken
        elif row < len(wanted) and column < len(there) and wanted[row] == there[column]:
            yield Pair(wanted[row], there[column], same=True)
            row, column = row + 1, column + 1
        elif column < len(there) and costs[row][column + 1] + 1 == cost:
            yield Pair("", there[column], same=False)
            column += 1
        elif row < len(wanted) and costs[row + 1][column] + 1 == cost:
            yield Pair(wanted[row], "", same=False)
            row += 1
        else:
            yield Pair(wanted[row], there[column], same=False)
            row, column = row + 1, column + 1


def _joined(pairs: Iterator[Pair]) -> Iterator[Pair]:
    """Joins what differs side by side."""
    held: Pair | None = None
    for pair in pairs:
        if pair.same:
            if held is not None:
                yield held
            held = None
            yield pair
        else:
            held = Pair(held.expected + pair.expected, held.actual + pair.actual, same=False) if held else pair
    if held is not None:
        yield held
