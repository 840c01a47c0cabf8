"""A plan in words for people: lines with a style each, which a terminal colours and a pipe prints plainly."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from engine.config.base import Model
from engine.config.models import ConsentConfig, EngineConfig, Keyword, SenderConfig, Template, Topic
from engine.config.settings_models import WorkspaceConfig
from engine.reconcile import diff
from engine.reconcile.changes import Action, Change, Plan
from engine.reconcile.effects import Rendering, RenderingEffect
from engine.types import Json

SYMBOLS = ((Action.CREATE, "+"), (Action.UPDATE, "~"), (Action.DELETE, "-"))
_MOST_EFFECTS = 10
_CONTEXT = 2


class Line(NamedTuple):
    """One line. `style` is "add", "remove", "change", "head", "dim", "warn" or "" for plain."""

    style: str
    text: str


def lines(plan: Plan) -> Iterator[Line]:
    """Gives the plan line by line, sorted by address, the summary and the digest last."""
    for change in plan.changes:
        yield from _change(change)
        yield Line("", "")
    for blocked in plan.blocked:
        yield Line("warn", printable(f"blocked by {blocked.rail}: {blocked.message} (--allow {blocked.allow})"))
    if plan.blocked:
        yield Line("", "")
    if plan.changes:
        count = plan.summary
        words = f"Plan: {count['create']} to create, {count['update']} to update, {count['delete']} to delete."
        yield Line("head", words)
    else:
        yield Line("head", "Plan: nothing to change.")
    yield Line("dim", f"Digest: {plan.digest}")


def printable(text: str) -> str:
    """Gives a text with what a terminal would obey, or hide, written out: escape codes, bidi marks, odd spaces.

    Bodies come from pull requests; a body must not be able to repaint the plan that shows it. The joiner inside
    emoji stays.
    """
    shown = []
    for position, char in enumerate(text):
        joins = char == "\u200d" and position > 0 and not text[position - 1].isascii()
        shown.append(char if char.isprintable() or joins else _escaped(char))
    return "".join(shown)


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1] if ord(char) < 0x20 else f"\\u{{{ord(char):x}}}"


def _change(change: Change) -> Iterator[Line]:
    style = {Action.CREATE: "add", Action.UPDATE: "change", Action.DELETE: "remove"}[change.action]
    place = f"  ({change.source.file}:{change.source.line})" if change.source else ""
    yield Line(style, printable(f"{dict(SYMBOLS)[change.action]} {change.address}{place}"))
    if change.action is Action.UPDATE:
        for field in diff.fields(change.before or {}, change.after or {}):
            yield from _field(field)
    elif change.action is Action.CREATE:
        for name, value in _leaves((), change.after or {}, _defaults(change.address)):
            yield from _value(name, value)
    yield from _effects(change)


def _field(field: diff.FieldChange) -> Iterator[Line]:
    before, after = field.before, field.after
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after or len(before) > 50):
        yield Line("", f"    {printable(field.name)}:")
        rows = difflib.unified_diff(before.split("\n"), after.split("\n"), n=_CONTEXT, lineterm="")
        for number, row in enumerate(list(rows)[2:]):
            if row.startswith("@@"):
                yield from [Line("dim", "      …")] if number else []
            else:
                style = {"+": "add", "-": "remove"}.get(row[:1], "")
                yield Line(style, f"      {row[:1]} {printable(row[1:])}".rstrip())
        return
    yield Line("", f"    {printable(field.name)}: {_shown(before)} → {_shown(after)}")


def _value(name: str, value: Json) -> Iterator[Line]:
    if isinstance(value, str) and "\n" in value:
        yield Line("", f"    {printable(name)}:")
        yield from (Line("add", f"      + {printable(row)}".rstrip()) for row in value.split("\n"))
    else:
        yield Line("", f"    {printable(name)}: {_shown(value)}")


def _leaves(path: tuple[str, ...], value: Mapping[str, Json], usual: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Gives what a new object says beyond the defaults: its fields by dotted name. Unknown defaults are empty."""
    for key, inner in value.items():
        default = usual.get(key)
        if isinstance(inner, Mapping) and inner:
            yield from _leaves((*path, key), inner, default if isinstance(default, Mapping) else {})
        elif not diff.same(inner, default) if key in usual else inner not in (None, "", [], {}, False):
            yield ".".join((*path, key)), inner


def _defaults(address: str) -> Mapping[str, Json]:
    kind = address.split("/", 2)[1] if "/" in address else address
    models: Mapping[str, type[Model]] = {
        "consent": ConsentConfig,
        "engine": EngineConfig,
        "keyword": Keyword,
        "sender": SenderConfig,
        "template": Template,
        "topic": Topic,
        "workspace": WorkspaceConfig,
    }
    if kind not in models:
        return {}
    usual: Mapping[str, Json] = models[kind].model_construct().model_dump(mode="json", by_alias=True)
    return usual


def _shown(value: Json | diff.Absent) -> str:
    if isinstance(value, diff.Absent):
        return "(none)"
    return printable(json.dumps(value, ensure_ascii=False))


def _effects(change: Change) -> Iterator[Line]:
    shown = [effect for effect in change.effects if isinstance(effect, RenderingEffect)]
    for effect in shown[:_MOST_EFFECTS]:
        name = effect.sample if effect.template == change.address else f"{effect.template} {effect.sample}"
        yield Line("", f"    {printable(name)}: {_effect(effect)}")
        if effect.after.error is not None:
            yield Line("warn", f"      {printable(effect.after.message or '')}")
        elif effect.before is None or effect.before.body != effect.after.body:
            if effect.before is not None and effect.before.body is not None:
                yield from _quoted("remove", "-", effect.before.body)
            yield from _quoted("add", "+", effect.after.body or "")
    more = len(shown) - _MOST_EFFECTS
    if more > 0:
        yield Line("dim", f"    and {more} more {'message' if more == 1 else 'messages'}")


def _quoted(style: str, symbol: str, body: str) -> Iterator[Line]:
    for row in body.split("\n"):
        yield Line(style, f"      {symbol} {printable(row)}".rstrip())


def _effect(effect: RenderingEffect) -> str:
    before, after = effect.before, effect.after
    if before is None or before.error is not None or after.error is not None:
        return _measured(after) if before is None or before.error is None else f"{before.error} → {_measured(after)}"
    said = []
    if before.to != after.to:
        said.append(f"to {before.to} → {after.to}")
    if before.sender != after.sender:
        said.append(f"from {before.sender} → {after.sender}")
    if before.kind != after.kind:
        said.append(f"{before.kind} → {after.kind}")
    if before.encoding != after.encoding:
        said.append(f"{before.encoding} → {after.encoding}")
    if before.segments != after.segments:
        said.append(f"{before.segments} → {_segments(after)}")
    if not said:
        said.append(_measured(after))
    return ", ".join(said)


def _measured(rendering: Rendering) -> str:
    return rendering.error or f"{rendering.encoding}, {_segments(rendering)}"


def _segments(rendering: Rendering) -> str:
    return f"{rendering.segments} {'segment' if rendering.segments == 1 else 'segments'}"
