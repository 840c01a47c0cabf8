"""What a plan means: why each object changes, and what people will notice. Everything is read, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from engine.types import Finding, Severity

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.cli.planning import Wanted
    from engine.config.models import Project
    from engine.reconcile.addresses import Objects
    from engine.reconcile.changes import Plan
    from engine.reconcile.effects import Effect
    from engine.reconcile.renderer import Renderer
    from engine.reconcile.routes import Heard, Route
    from engine.store import Store
    from engine.types import Source

RECENT = 1_000
"""How many of the newest texts that came in are routed anew."""


@dataclass(frozen=True)
class Base:
    """What a plan starts from. `objects` None: there was nothing."""

    objects: Objects | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None  # the commit that it was made of, where git knows


def understood(app: App, plan: Plan, asked: Wanted, base: Base, store: Store | None) -> Plan:
    """Gives the plan with its reasons and effects. Without a store nothing is known of messages and texts."""
    from pydantic import ValidationError

    from engine.config.snapshot import restore
    from engine.reconcile.effects import with_effects
    from engine.reconcile.queued import queued

    plan = _with_reasons(app, plan, asked, base)
    if not plan.changes:
        return plan
    changed = [change.address for change in plan.changes]
    before, after = base.objects or {}, asked.desired.objects
    waiting = queued(changed, before, after, store.waiting() if store is not None and before else {})
    try:
        was, now = restore(before) if before else None, restore(after)
        found = _renderings(app, changed, asked, before, was, now)
        moved = _routes(app, changed, asked, was, now, store) if was is not None else {}
    except ValidationError:
        return with_effects(replace(plan, warnings=(*plan.warnings, _unreadable(plan))), waiting)
    return with_effects(plan, found, waiting, moved)


def _unreadable(plan: Plan) -> Finding:
    return Finding(
        code="plan.base-unreadable",
        severity=Severity.WARNING,
        message=f"{plan.base} was made by another version, whose config this one cannot read: "
        "what its messages were, and where texts went, is not shown",
        hint="see the release's versions: engine releases --format json",
    )


def _with_reasons(app: App, plan: Plan, asked: Wanted, base: Base) -> Plan:
    from engine.reconcile import git
    from engine.reconcile.reasons import Known, with_reasons

    @cache
    def rows(file: str) -> list[str]:
        try:
            return (app.folder / file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    def has_variable(place: Source) -> bool:
        return "${" in "".join(rows(place.file)[place.line - 1 : place.end_line or place.line])

    edited = git.edited(app.config, base.commit, app.variables) if base.commit and plan.changes else None
    same = dict(base.versions) == dict(asked.desired.versions)
    return with_reasons(plan, Known(asked.desired.sources, base.sources, edited, same, has_variable))


def _renderings(
    app: App, changed: list[str], asked: Wanted, before: Objects, was: Project | None, now: Project
) -> Mapping[str, Sequence[Effect]]:
    from engine.cli.context import utc_now
    from engine.compose.build import composer
    from engine.reconcile.renderer import Renderer, Samples
    from engine.reconcile.renderings import renderings

    moment = utc_now()
    samples = Samples(asked.project.workspaces)

    def renderer(project: Project) -> Renderer:
        context = partial(app.plugin_context, read_only=True)
        return Renderer(samples, partial(composer, project, plugins=asked.plugins, context=context), moment)

    after = renderer(now)
    return renderings(
        changed,
        objects_before=before,
        objects=asked.desired.objects,
        samples=samples.names,
        render_before=renderer(was) if was is not None else after,
        render=after,
    )


def _routes(
    app: App, changed: list[str], asked: Wanted, was: Project, now: Project, store: Store | None
) -> Mapping[str, Sequence[Effect]]:
    from engine.reconcile.addresses import kind_of
    from engine.reconcile.routes import routes

    if not any(kind_of(address) in ("keyword", "keywords", "consent", "sender", "workspace") for address in changed):
        return {}
    corpus = [*_tested(app, asked.project), *(_came_in(store) if store is not None else ())]
    return routes(changed, corpus, route_before=_router(was), route=_router(now))


def _tested(app: App, project: Project) -> Iterator[Heard]:
    """Gives what people write in the conversation tests, each to the sender that the test means."""
    from engine.reconcile.routes import Heard

    for address, conversations in app.loaded.conversations.items():
        workspace = address.partition("/")[0]
        senders = project.workspaces[workspace].senders if workspace in project.workspaces else {}
        first = next((name for name, sender in senders.items() if sender.alphanumeric is None), None)
        for conversation in conversations:
            to = first
            for step in conversation.steps:
                if step.receive is not None and (to := step.receive.to or to) is not None:
                    yield Heard(workspace, to, step.receive.text, "tests")


def _came_in(store: Store) -> Iterator[Heard]:
    from engine.reconcile.routes import Heard

    for text in store.texts(newest=RECENT):
        if text.body is not None and text.number is not None:
            yield Heard(text.workspace, text.to, text.body, "inbound", text.number)


def _router(project: Project) -> Route:
    from engine.inbound.keywords import Router
    from engine.inbound.line import Line
    from engine.reconcile.routes import Arrived

    @cache
    def router(workspace: str) -> Router:
        found = project.workspaces[workspace]
        return Router(found.keywords, found.consent)

    def route(heard: Heard) -> Arrived | None:
        found = project.workspaces.get(heard.workspace)
        if found is None:
            return None
        line = Line(heard.workspace, found, "", provider_answers=False)
        sender = heard.to if heard.to in found.senders else line.sender_of(heard.to)
        if sender is None:
            return None
        routed = router(heard.workspace).route(heard.text, sender=sender, toll_free=line.is_toll_free(sender))
        return Arrived(sender, routed.name)

    return route
