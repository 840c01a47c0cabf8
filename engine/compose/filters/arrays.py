"""Filters on lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from liquid.exceptions import FilterArgumentError
from liquid.filter import int_arg, sequence_filter

from engine.compose.budget import check_length
from engine.compose.expressions import equal
from engine.compose.tags import printed

Items = Sequence[Any]


@sequence_filter
def join(items: Items, separator: object = " ") -> str:
    """Gives the items as one text. Looks at the size before building it."""
    texts, between = [printed(item) for item in items if item is not None], printed(separator)
    check_length(sum(map(len, texts)) + len(between) * max(len(texts) - 1, 0))
    return between.join(texts)


@sequence_filter
def array_to_sentence_string(items: Items, connector: object = "and") -> str:
    """Gives the items as people list them: `a`, `a and b`, `a, b, and c`."""
    texts = [printed(item) for item in items if item is not None]
    if len(texts) < 3:
        return f" {printed(connector)} ".join(texts)
    return ", ".join(texts[:-1]) + f", {printed(connector)} {texts[-1]}"


@sequence_filter
def where_not(items: Items, key: object, value: object = True) -> list[Any]:
    """Gives the items whose `key` is not `value`."""
    return [item for item in items if not _matches(item, key, value)]


@sequence_filter
def group_by(items: Items, key: object) -> list[dict[str, Any]]:
    """Gives one `{name, items, size}` for each value of `key`, in order of appearance."""
    groups: list[tuple[Any, list[Any]]] = []
    for item in items:
        value = item.get(printed(key)) if isinstance(item, Mapping) else None
        found = next((members for known, members in groups if equal(known, value)), None)
        if found is None:
            groups.append((value, [item]))
        else:
            found.append(item)
    return [{"name": value, "items": members, "size": len(members)} for value, members in groups]


@sequence_filter
def uniq(items: Items, key: object = None) -> list[Any]:
    """Gives the items without repetitions; by one of their keys, where it is given."""
    seen: list[Any] = []
    kept = []
    for item in items:
        value = item.get(printed(key)) if key is not None and isinstance(item, Mapping) else item
        if value not in seen:
            seen.append(value)
            kept.append(item)
    return kept


@sequence_filter
def push(items: Items, item: object) -> list[Any]:
    """Gives the list with an item more at its end."""
    return [*items, item]


@sequence_filter
def pop(items: Items, count: object = 1) -> list[Any]:
    """Gives the list without its last item, or its last so many."""
    return list(items[: max(len(items) - _count(count), 0)])


@sequence_filter
def shift(items: Items, count: object = 1) -> list[Any]:
    """Gives the list without its first item, or its first so many."""
    return list(items[_count(count) :])


@sequence_filter
def unshift(items: Items, item: object) -> list[Any]:
    """Gives the list with an item more at its beginning."""
    return [item, *items]


def _count(value: object) -> int:
    count = int_arg(value)
    if count < 0:
        raise FilterArgumentError("a count cannot be negative", token=None)
    return count


def _matches(item: object, key: object, value: object) -> bool:
    return isinstance(item, Mapping) and equal(item.get(printed(key)), value)


FILTERS = {
    "array_to_sentence_string": array_to_sentence_string,
    "group_by": group_by,
    "join": join,
    "json_array_uniq": uniq,
    "pop": pop,
    "push": push,
    "shift": shift,
    "uniq": uniq,
    "unshift": unshift,
    "where_not": where_not,
}
