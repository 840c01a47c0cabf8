"""Compares plain data: which fields of an object differ, and the canonical text that digests are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.types import Json

_DIGITS_OF_ID = 16
_PLAIN = frozenset({str, bool, int, type(None)})
"""Of these, equal values of one type are one JSON value, which is quickly seen."""


class Absent:
    """Stands where an object has no such field; unlike null, which is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One differing field. `path` holds its keys from the outside in; a list counts as one value."""

    path: tuple[str, ...]
    before: Json | Absent
    after: Json | Absent

    @property
    def name(self) -> str:
        """The path, dotted."""
        return ".".join(self.path)


def fields(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[FieldChange]:
    """Gives the fields that differ, sorted by name."""
    return sorted(_walk((), before, after), key=lambda change: change.path)


def same(one: Json, other: Json) -> bool:
    """True where two values are the same JSON; `1` and `true`, and `1` and `1.0`, are not."""
    kind = type(one)
    if kind is type(other) and kind in _PLAIN:
        return bool(one == other)
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(same, one, other))
    return canonical(one) == canonical(other)


def canonical(value: Json) -> str:
    """Gives the one text that equal JSON values share: keys sorted, no spaces, ASCII.

    Raises ValueError for what JSON cannot say (NaN, infinity).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256(value: Json) -> str:
    """Gives the hexadecimal SHA-256 of a value's canonical text."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def release_id(*, base: str | None, environment: str | None, objects: Mapping[str, Mapping[str, Json]]) -> str:
    """Gives the id of a release: the first 16 hexadecimal digits of a hash of its content and its base."""
    return sha256({"base": base, "environment": environment, "objects": objects})[:_DIGITS_OF_ID]


def _walk(path: tuple[str, ...], before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[FieldChange]:
    for key in before.keys() | after.keys():
        was, now = before.get(key, ABSENT), after.get(key, ABSENT)
        if was is now or (type(was) is str and type(now) is str and was == now):
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _walk((*path, key), was, now)
        elif was is ABSENT or now is ABSENT or not same(was, now):
            yield FieldChange((*path, key), was, now)
