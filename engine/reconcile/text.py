"""A plan in words for people: lines with a style each, which a terminal colours and a pipe prints plainly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from engine.reconcile.beside import beside, column
from engine.reconcile.changes import Action, Change, Plan, Reason
from engine.reconcile.effects import GONE, QueuedEffect, RenderingEffect, RouteEffect
from engine.reconcile.fields import field_lines
from engine.reconcile.lines import Line, printable
from engine.reconcile.notices import REASONS, of_plan, of_queued, of_rendering, of_route

SYMBOLS = ((Action.CREATE, "+"), (Action.UPDATE, "~"), (Action.DELETE, "-"))
_STYLES = {Action.CREATE: "add", Action.UPDATE: "change", Action.DELETE: "remove"}
DRIFT = "Drift: somebody else changed this at the provider since it was set last."
_MOST_EFFECTS = 10
_INDENT = 4
_BODY = 6

E = TypeVar("E")


def lines(plan: Plan, *, width: int | None = None) -> Iterator[Line]:
    """Gives the plan line by line, sorted by address, the summary and the digest last.

    `width` is how many columns a terminal has: bodies stand side by side where they fit. None is for pipes and files.
    """
    for change in plan.changes:
        yield from _change(change, width)
        yield Line("", "")
    if plan.drift:
        yield Line("warn", DRIFT)
        yield from (line for change in plan.drift for line in _change(change, None))
        yield Line("", "")
    for blocked in plan.blocked:
        yield Line("warn", printable(f"blocked by {blocked.rail}: {blocked.message} (--allow {blocked.allow})"))
    if plan.blocked:
        yield Line("", "")
    if plan.changes:
        count = plan.summary
        words = f"Plan: {count['create']} to create, {count['update']} to update, {count['delete']} to delete."
        yield Line("head", words)
        yield from (Line("", f"  {said.text(printable)}") for said in of_plan(plan))
    else:
        yield Line("head", "Plan: nothing to change.")
    yield Line("dim", f"Digest: {plan.digest}")


def _change(change: Change, width: int | None) -> Iterator[Line]:
    place = f"  ({change.source.file}:{change.source.line})" if change.source else ""
    reason = f"  {REASONS[change.reason]}" if change.reason is not Reason.EDITED else ""
    yield Line(_STYLES[change.action], printable(f"{dict(SYMBOLS)[change.action]} {change.address}{place}{reason}"))
    yield from map(_indented, field_lines(change))
    yield from _messages(change, width)
    yield from _shortened([of_queued(effect).text(printable) for effect in _those(change, QueuedEffect)], "template")
    yield from _shortened([of_route(effect).text(printable) for effect in _those(change, RouteEffect)], "text")


def _messages(change: Change, width: int | None) -> Iterator[Line]:
    shown = _those(change, RenderingEffect)
    for effect in shown[:_MOST_EFFECTS]:
        name = effect.sample if effect.template == change.address else f"{effect.template} {effect.sample}"
        said = ", ".join(said.text(printable) for said in of_rendering(effect))
        yield Line("", f"    {printable(name)}: {said}")
        yield from _body(effect, column(width, _BODY) if width is not None else 0)
    yield from _more(len(shown) - _MOST_EFFECTS, "message")


def _body(effect: RenderingEffect, each: int) -> Iterator[Line]:
    before = effect.before.body if effect.before is not None else None
    after = effect.after.body
    if effect.after == GONE:
        yield from _written("remove", "-", before) if before is not None else ()
    elif effect.after.error is not None:
        yield Line("warn", f"      {printable(effect.after.message or '')}")
    elif before is not None and after is not None and before != after and each:
        yield from beside(before, after, column=each, indent=_BODY)
    elif before != after:
        yield from _written("remove", "-", before) if before is not None else ()
        yield from _written("add", "+", after or "")


def _written(style: str, symbol: str, body: str) -> Iterator[Line]:
    for row in body.split("\n"):
        yield Line(style, f"      {symbol} {printable(row)}".rstrip())


def _shortened(rows: list[str], what: str) -> Iterator[Line]:
    yield from (Line("change", f"    {row}") for row in rows[:_MOST_EFFECTS])
    yield from _more(len(rows) - _MOST_EFFECTS, what)


def _more(number: int, what: str) -> Iterator[Line]:
    if number > 0:
        yield Line("dim", f"    and {number} more {what if number == 1 else what + 's'}")


def _those(change: Change, kind: type[E]) -> list[E]:
    return [effect for effect in change.effects if isinstance(effect, kind)]


def _indented(line: Line) -> Line:
    return line._replace(text=f"{' ' * _INDENT}{line.text}".rstrip())
