"""A plan as a page that stands alone, with the messages on phones, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from engine.reconcile.bubbles import Shown, document, escaped, phone
from engine.reconcile.changes import Change, Plan
from engine.reconcile.effects import QueuedEffect, Rendering, RenderingEffect, RouteEffect
from engine.reconcile.fields import field_lines
from engine.reconcile.notices import REASONS, of_change, of_plan, of_queued, of_rendering, of_route
from engine.reconcile.text import DRIFT, SYMBOLS

_STYLE = """
code { font: .9em ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
.noticed { margin: 1rem 0 0; padding-left: 1.2rem; list-style: disc; }
.card { background: var(--phone); border: 1px solid var(--edge); border-radius: 1rem; margin: 1rem 0 0; padding: 1rem; }
.card.blocked { border-color: var(--error); }
.card h2 { margin: 0; font-size: 1rem; }
details.card > summary { cursor: pointer; overflow-wrap: anywhere; }
details.card > summary span, .quiet { color: var(--quiet); font-size: .85rem; }
.create { color: var(--new); } .update { color: var(--warning); } .delete { color: var(--error); }
pre { margin: .8rem 0 0; padding: .7rem .9rem; background: var(--page); border-radius: .6rem; overflow-x: auto;
  font: .85rem/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .add { color: var(--new); } pre .remove { color: var(--error); } pre .dim { color: var(--quiet); }
.messages { display: flex; flex-wrap: wrap; gap: 1.2rem 2rem; margin: 1.2rem 0 0; }
article { width: 32.5rem; max-width: 100%; }
h3 { margin: 0 0 .6rem; font-size: .95rem; overflow-wrap: anywhere; }
.facts { margin: 0 0 .8rem; color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
.pair { align-items: stretch; }
.pair figure { width: 15.5rem; display: flex; flex-direction: column; }
p.digest { margin-top: 1rem; overflow-wrap: anywhere; }
.pair .phone { flex: 1; min-height: 10rem; }
"""
_OPEN = 50
"""Plans of at most so many changes are shown unfolded."""


def page(plan: Plan) -> str:
    """Gives the page. It loads nothing and runs nothing."""
    where = f" for {plan.environment}" if plan.environment else ""
    return document(f"Plan{where}", "\n".join(_parts(plan, where)), style=_STYLE)


def _parts(plan: Plan, where: str) -> Iterator[str]:
    yield f"<h1>Plan{escaped(where)}</h1>"
    count = plan.summary
    words = f"{count['create']} to create, {count['update']} to update, {count['delete']} to delete"
    base = f"compared with {_code(plan.base)}" if plan.base else "compared with nothing: there is no release yet"
    yield f'<p class="lead">{f"{words}; {base}" if plan.changes else "Nothing to change"}.</p>'
    noticed = "".join(f"<li>{said.text(_code)}</li>" for said in of_plan(plan))
    if noticed:
        yield f'<ul class="noticed">{noticed}</ul>'
    if plan.blocked:
        rows = "".join(f"<li>{escaped(one.message)}: {_code(f'--allow {one.allow}')}</li>" for one in plan.blocked)
        head = '<h2 class="error">Refused by apply unless it is allowed</h2>'
        yield f'<div class="card blocked">{head}<ul>{rows}</ul></div>'
    if plan.warnings:
        rows = "".join(
            f'<li class="warning">{escaped(one.message)} {_code(one.code)}'
            f"{f' <span class=quiet>{escaped(one.file)}:{one.line}</span>' if one.file else ''}</li>"
            for one in plan.warnings
        )
        yield f'<div class="card"><h2>Warnings</h2><ul>{rows}</ul></div>'
    if plan.drift:
        yield f'<h2 class="warning">{DRIFT}</h2>'
    for change in plan.drift:
        yield from _change(change, open_=True)
    if plan.drift:
        yield "<h2>Changes</h2>"
    for change in plan.changes:
        yield from _change(change, open_=len(plan.changes) <= _OPEN)
    yield f'<p class="lead digest">Digest {_code(plan.digest)}</p>'


def _change(change: Change, *, open_: bool) -> Iterator[str]:
    touched = of_change(change)
    notes = [REASONS[change.reason], *([touched] if touched else [])]
    place = f"{change.source.file}:{change.source.line}" if change.source else ""
    yield f'<details class="card"{" open" if open_ else ""}>'
    yield (
        f'<summary><b class="{change.action}">{dict(SYMBOLS)[change.action]} {escaped(change.address)}</b> '
        f"<span>{escaped(place)} · {escaped(', '.join(notes))}</span></summary>"
    )
    rows = [f'<span class="{line.style}">{escaped(line.text)}</span>' for line in field_lines(change)]
    if rows:
        yield "<pre>" + "\n".join(rows) + "</pre>"
    messages = [_message(effect, change) for effect in change.effects if isinstance(effect, RenderingEffect)]
    if messages:
        yield f'<div class="messages">{"".join(messages)}</div>'
    others = [
        *(of_queued(effect) for effect in change.effects if isinstance(effect, QueuedEffect)),
        *(of_route(effect) for effect in change.effects if isinstance(effect, RouteEffect)),
    ]
    if others:
        yield "<ul>" + "".join(f"<li>{said.text(_code)}</li>" for said in others) + "</ul>"
    yield "</details>"


def _message(effect: RenderingEffect, change: Change) -> str:
    name = effect.sample if effect.template == change.address else f"{effect.template} {effect.sample}"
    facts = "; ".join(said.text(_code) for said in of_rendering(effect))
    figures = []
    if effect.before is not None:
        figures.append(_figure("before", effect.before, effect.after))
    figures.append(_figure("after" if effect.before is not None else "new", effect.after, effect.before))
    return (
        f'<article><h3>{escaped(name)}</h3><p class="facts">{facts}</p>'
        f'<section class="pair">{"".join(figures)}</section></article>'
    )


def _figure(label: str, rendering: Rendering, other: Rendering | None) -> str:
    turned = label == "after" and other is not None and other.encoding != rendering.encoding
    shown = Shown(
        rendering.sender or "—",
        rendering.to or "nobody",
        rendering.body,
        error=rendering.message or rendering.error or "",
        links=[short for _, short in rendering.links],
        media=rendering.media,
        other=other.body if other is not None else None,
        mark="gone" if label == "before" else "added",
        odd=rendering.odd.position - 1 if turned and rendering.odd is not None else None,
    )
    return f"<figure>{phone(shown)}<figcaption><strong>{label}</strong></figcaption></figure>"


def _code(text: str) -> str:
    return f"<code>{escaped(text)}</code>"
