"""Compares what a step should have brought with what it did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from engine.config.conversations import Expect
from engine.reconcile.diff import same
from engine.testing.conversations.results import Failure
from engine.testing.conversations.words import matches
from engine.types import Json, Source

TEXTS = frozenset({"replies", "links", "media"})
"""Fields that list texts with … in them."""

MAPPINGS = frozenset({"person", "topics"})
"""Fields of which each key is looked at by itself."""

Places = Callable[[str], Source]

NOTHING = frozenset({"rule", "reason"})
"""Fields in which null is something to expect: no rule won, and there is no reason."""


def unmet(expect: Expect, fact: Callable[[str], Json], places: Places) -> Iterator[Failure]:
    """Gives each expectation that was not met. `fact` gives what is there for a field; what is not expected of it is
    not asked for."""
    for name in type(expect).model_fields:
        wanted = getattr(expect, name)
        if name not in expect.model_fields_set or (wanted is None and name not in NOTHING):
            continue
        there = fact(name)
        if name in TEXTS:
            missing = partial(_silence, fact) if name == "replies" else partial(shown, None)
            yield from _texts(name, wanted, there, missing, places)
        elif name in MAPPINGS:
            yield from _mapping(name, wanted, there, places)
        elif name == "reason":
            if not _is_reason(wanted, there):
                yield Failure(name, shown(wanted), shown(there), places(name))
        elif not same(wanted, there):
            yield Failure(name, shown(wanted), shown(there), places(name))


def shown(value: Json) -> str:
    """Gives a value as a failure shows it: words as they are, everything else as JSON."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(
    name: str, wanted: Sequence[str], there: Sequence[str], missing: Callable[[], str], places: Places
) -> Iterator[Failure]:
    for expected, actual in _pairs(wanted, there):
        if expected is None:
            yield Failure(name, "no further one", there[actual or 0], places(name))
        elif actual is None:
            yield Failure(f"{name}.{expected}", wanted[expected], missing(), places(f"{name}.{expected}"))
        else:
            place = places(f"{name}.{expected}")
            yield Failure(f"{name}.{expected}", wanted[expected], there[actual], place, is_text=True)


def _silence(fact: Callable[[str], Json]) -> str:
    """Says why no text came, where a message was to be sent and was not."""
    state, reason = fact("state"), fact("reason")
    if state is not None and reason:
        return f"no text: the message is {state}, {reason}"
    return f"no text: {reason}" if reason else "no text"


def _pairs(wanted: Sequence[str], there: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Gives what does not match, paired up: a text that is missing does not make all that follow it wrong."""
    rows, columns = len(wanted), len(there)
    common = [[0] * (columns + 1) for _ in range(rows + 1)]
    fits = [[matches(pattern, text) for text in there] for pattern in wanted]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            more = 1 + common[row + 1][column + 1] if fits[row][column] else 0
            common[row][column] = max(more, common[row + 1][column], common[row][column + 1])
    row = column = 0
    left: list[int] = []
    over: list[int] = []
    while row < rows or column < columns:
        is_pair = row < rows and column < columns and fits[row][column]
        if is_pair and common[row][column] == 1 + common[row + 1][column + 1]:
            yield from _paired(left, over)
            left, over = [], []
            row, column = row + 1, column + 1
        elif column == columns or (row < rows and common[row + 1][column] >= common[row][column + 1]):
            left.append(row)
            row += 1
        else:
            over.append(column)
            column += 1
    yield from _paired(left, over)


def _paired(left: Sequence[int], over: Sequence[int]) -> Iterator[tuple[int | None, int | None]]:
    for index in range(max(len(left), len(over))):
        yield left[index] if index < len(left) else None, over[index] if index < len(over) else None


def _mapping(name: str, wanted: dict[str, Json], there: dict[str, Json], places: Places) -> Iterator[Failure]:
    for key, value in wanted.items():
        if not same(value, there.get(key)):
            yield Failure(f"{name}.{key}", shown(value), shown(there.get(key)), places(f"{name}.{key}"))


def _is_reason(wanted: str | None, there: str | None) -> bool:
    if wanted is None or there is None:
        return wanted is there
    return wanted == there.partition(": ")[0] or matches(wanted, there)
