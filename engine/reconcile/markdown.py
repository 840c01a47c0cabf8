"""A plan as Markdown for a comment on a pull request: https://github.github.com/gfm/.

Nothing in it is cut in two. Where it would grow over GitHub's limit, changes are told shortly, then counted.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from engine.reconcile.changes import Action, Blocked, Change, Plan
from engine.reconcile.effects import GONE, QueuedEffect, RenderingEffect, RouteEffect
from engine.reconcile.fields import field_lines
from engine.reconcile.fitting import GLUE, fit, length
from engine.reconcile.gfm import code, fence, folded, html_code
from engine.reconcile.notices import REASONS, of_change, of_plan, of_queued, of_rendering, of_route
from engine.reconcile.text import DRIFT, SYMBOLS
from engine.types import Finding

LIMIT = 65_536
"""Characters that GitHub takes for a comment: "Body is too long (maximum is 65536 characters)"."""
ROOM = 1_536
"""Of these, what is left to whoever posts it, for a marker of theirs and where it comes from."""

_DIFF = {"add": "+", "remove": "-"}
_OPEN = 10
"""In plans of at most so many changes, those that people notice are shown unfolded."""
_RESERVED = 600
"""Room for the sentences that count what is left out."""


def marker(environment: str | None) -> str:
    """Gives the comment that nobody sees and that the next run finds, to write over what this one wrote."""
    return f"<!-- engine-plan {quote(environment or '-', safe='', errors='replace')} -->"


def markdown(plan: Plan, *, limit: int = LIMIT - ROOM) -> str:
    """Gives the report in at most `limit` characters, which are 4,000 or more."""
    head = GLUE.join(_head(plan))
    foot = f"Digest {code(plan.digest)}"
    blocked = [_blocked(one) for one in plan.blocked]
    warnings = [_warning(one) for one in plan.warnings]
    drift = [list(_change(change, open_=False)) for change in plan.drift]
    changes = [
        list(_change(change, open_=bool(change.effects) and len(plan.changes) <= _OPEN)) for change in plan.changes
    ]
    room = limit - length(head) - length(foot) - 2 * len(GLUE) - _RESERVED
    # What a person must act on comes first, then what they came to see.
    placed = iter(fit([*([one] for one in blocked), *drift, *changes, *([one] for one in warnings)], room))
    rails, drifted, shown, warned = ([next(placed) for _ in one] for one in (blocked, drift, changes, warnings))
    return GLUE.join(
        [
            head,
            *_list("**Refused by `apply` unless it is allowed:**", rails, "rail"),
            *([f"**{DRIFT}**", *_changes(plan.drift, drifted)] if drift else []),
            *_changes(plan.changes, shown),
            *_list("**Warnings:**", warned, "warning"),
            foot,
        ]
    )


def _head(plan: Plan) -> Iterator[str]:
    yield marker(plan.environment)
    where = f" for {code(plan.environment)}" if plan.environment else ""
    if not plan.changes:
        yield f"### Plan{where}: nothing to change"
        return
    count = plan.summary
    counts = f"{count['create']} to create, {count['update']} to update, {count['delete']} to delete"
    yield f"### Plan{where}: {counts}"
    yield f"Compared with {code(plan.base)}." if plan.base else "Compared with nothing: there is no release yet."
    noticed = of_plan(plan)
    if noticed:
        yield "**What people will notice:**"
        yield "\n".join(f"- {said.text(code)}" for said in noticed)


def _list(title: str, items: Sequence[str | None], what: str) -> Iterator[str]:
    if not items:
        return
    yield title
    shown = [item for item in items if item is not None]
    more = len(items) - len(shown)
    yield "\n".join([*shown, *([f"- and {more} more {what if more == 1 else what + 's'}"] if more else [])])


def _blocked(blocked: Blocked) -> str:
    return f"- {code(blocked.message)}: {code(f'--allow {blocked.allow}')}"


def _warning(warning: Finding) -> str:
    place = f"{warning.file}:{warning.line}" if warning.file and warning.line else warning.file
    return f"- {code(warning.message)} ({code(warning.code)}{f', {code(place)}' if place else ''})"


def _changes(changes: Sequence[Change], shown: Sequence[str | None]) -> Iterator[str]:
    yield from (form for form in shown if form is not None)
    left = [change for change, form in zip(changes, shown, strict=True) if form is None]
    if left:
        count = Counter(change.action for change in left)
        listed = ", ".join(f"{count[action]} to {action}" for action in Action if count[action])
        what = "change does" if len(left) == 1 else "changes do"
        yield f"_{len(left)} more {what} not fit into a comment: {listed}._ `engine plan` shows all of them."


def _change(change: Change, *, open_: bool) -> Iterator[str]:
    """Gives the forms of a change, the longest first: with everything, without texts, as one line."""
    summary = _summary(change)
    fields = _fields(change)
    rendered = [effect for effect in change.effects if isinstance(effect, RenderingEffect)]
    others = [
        *(of_queued(effect) for effect in change.effects if isinstance(effect, QueuedEffect)),
        *(of_route(effect) for effect in change.effects if isinstance(effect, RouteEffect)),
    ]
    place = [code(f"{change.source.file}:{change.source.line}")] if change.source else []
    where = [", ".join([*place, REASONS[change.reason]])]
    listed = ["\n".join(f"- {said.text(code)}" for said in others)] if others else []
    yield folded(summary, [*where, *fields, *_messages(rendered, change), *listed], open_=open_)
    if rendered or others:
        heads = [f"- {_message_head(effect, change)}" for effect in rendered]
        yield folded(summary, [*where, "\n".join([*heads, *listed])], open_=False)
    yield f"- {code(_title(change))}"


def _title(change: Change) -> str:
    touched = of_change(change)
    return f"{dict(SYMBOLS)[change.action]} {change.address}{f' ({touched})' if touched else ''}"


def _summary(change: Change) -> str:
    touched = of_change(change)
    return html_code(f"{dict(SYMBOLS)[change.action]} {change.address}") + (
        f" {html.escape(touched)}" if touched else ""
    )


def _fields(change: Change) -> list[str]:
    rows = [
        f"{_DIFF.get(line.style, ' ')} {_without_sign(line.style, line.text)}".rstrip() for line in field_lines(change)
    ]
    return [fence(rows, "diff")] if rows else []


def _without_sign(style: str, text: str) -> str:
    return text.lstrip(" ")[2:] if style in _DIFF else text


def _messages(effects: Iterable[RenderingEffect], change: Change) -> Iterator[str]:
    for effect in effects:
        yield _message_head(effect, change)
        yield from _texts(effect)


def _message_head(effect: RenderingEffect, change: Change) -> str:
    name = (
        code(effect.sample) if effect.template == change.address else f"{code(effect.template)} {code(effect.sample)}"
    )
    return f"**{name}**: {'; '.join(said.text(code) for said in of_rendering(effect))}"


def _texts(effect: RenderingEffect) -> Iterator[str]:
    """Gives the words before and after, side by side: a table in HTML, for cells of Markdown hold one line only."""
    before = effect.before.body if effect.before is not None else None
    after = effect.after.body
    if effect.after == GONE:
        yield from [f"<table><tr>{_cell(before)}</tr></table>"] if before is not None else []
    elif effect.after.error is not None:
        yield code(effect.after.message or effect.after.error)
    elif after is not None and before is not None and before != after:
        heads = '<tr><th align="left">before</th><th align="left">after</th></tr>'
        yield f"<table>{heads}<tr>{_cell(before)}{_cell(after)}</tr></table>"
    elif after is not None and before != after:
        yield f"<table><tr>{_cell(after)}</tr></table>"


def _cell(body: str) -> str:
    return f'<td dir="auto">{html_code(body)}</td>'
