"""What changes inside an object, field by field, as lines."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import cache

from engine.config.base import Model
from engine.config.models import ConsentConfig, EngineConfig, Keyword, SenderConfig, Template, Topic
from engine.config.settings_models import WorkspaceConfig
from engine.reconcile import diff
from engine.reconcile.addresses import kind_of
from engine.reconcile.changes import Action, Change
from engine.reconcile.lines import Line, printable
from engine.types import Json

_CONTEXT = 2
_LONG = 50


def field_lines(change: Change) -> Iterator[Line]:
    """Gives an update's fields before and after, and what a new object says beyond the defaults."""
    if change.action is Action.UPDATE:
        for field in diff.fields(change.before or {}, change.after or {}):
            yield from _field(field)
    elif change.action is Action.CREATE:
        for name, value in _leaves((), change.after or {}, _defaults(kind_of(change.address))):
            yield from _value(name, value)


def _field(field: diff.FieldChange) -> Iterator[Line]:
    before, after = field.before, field.after
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after or len(before) > _LONG):
        yield Line("", f"{printable(field.name)}:")
        rows = difflib.unified_diff(before.split("\n"), after.split("\n"), n=_CONTEXT, lineterm="")
        for number, row in enumerate(list(rows)[2:]):
            if row.startswith("@@"):
                yield from [Line("dim", "  …")] if number else []
            else:
                style = {"+": "add", "-": "remove"}.get(row[:1], "")
                yield Line(style, f"  {row[:1]} {printable(row[1:])}".rstrip())
        return
    yield Line("", f"{printable(field.name)}: {_shown(before)} → {_shown(after)}")


def _value(name: str, value: Json) -> Iterator[Line]:
    if isinstance(value, str) and "\n" in value:
        yield Line("", f"{printable(name)}:")
        yield from (Line("add", f"  + {printable(row)}".rstrip()) for row in value.split("\n"))
    else:
        yield Line("", f"{printable(name)}: {_shown(value)}")


def _leaves(path: tuple[str, ...], value: Mapping[str, Json], usual: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Gives what a new object says beyond the defaults: its fields by dotted name. Unknown defaults are empty."""
    for key, inner in value.items():
        default = usual.get(key)
        if isinstance(inner, Mapping) and inner:
            yield from _leaves((*path, key), inner, default if isinstance(default, Mapping) else {})
        elif not diff.same(inner, default) if key in usual else inner not in (None, "", [], {}, False):
            yield ".".join((*path, key)), inner


@cache
def _defaults(kind: str) -> Mapping[str, Json]:
    models: Mapping[str, type[Model]] = {
        "consent": ConsentConfig,
        "engine": EngineConfig,
        "keyword": Keyword,
        "sender": SenderConfig,
        "template": Template,
        "topic": Topic,
        "workspace": WorkspaceConfig,
    }
    model = models.get(kind)
    return model.model_construct().model_dump(mode="json", by_alias=True) if model is not None else {}


def _shown(value: Json | diff.Absent) -> str:
    if isinstance(value, diff.Absent):
        return "(none)"
    return printable(json.dumps(value, ensure_ascii=False))
