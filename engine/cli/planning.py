"""What plan, apply and status share: from the config to a plan, and a plan on the screen."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import ConfigError
from engine.types import Finding, Severity

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.config.models import Project
    from engine.plugins import Plugins
    from engine.provider_steps import SenderKey
    from engine.reconcile.apply import Desired
    from engine.reconcile.changes import Plan
    from engine.reconcile.provider_side import ProviderSide
    from engine.store import Store
    from engine.types import Source

    Look = Callable[[Mapping[SenderKey, Mapping[str, str]]], ProviderSide]

COLOURS: Mapping[str, Mapping[str, Any]] = {
    "add": {"fg": "green"},
    "remove": {"fg": "red"},
    "change": {"fg": "yellow"},
    "warn": {"fg": "yellow", "bold": True},
    "head": {"bold": True},
    "dim": {"dim": True},
    "": {},
}


@dataclass(frozen=True)
class Wanted:
    """The checked config, and what it asks for."""

    project: Project
    plugins: Plugins
    desired: Desired
    unset: tuple[Finding, ...]  # errors for apply, warnings for plan
    warnings: tuple[Finding, ...]


def wanted(app: App) -> Wanted:
    """Loads and checks the whole config. Raises ConfigError with every finding where any is an error."""
    from engine.cli.findings import findings_of
    from engine.config.load import unset_error
    from engine.config.snapshot import snapshot
    from engine.reconcile.apply import Desired

    loaded = app.loaded
    findings = findings_of(app)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise ConfigError("the config is invalid", findings, hint="see all of it with: engine validate")
    project, plugins = loaded.require(), loaded.plugins
    if plugins is None:
        raise ConfigError("the plugins cannot be loaded", findings)
    return Wanted(
        project=project,
        plugins=plugins,
        desired=Desired(
            objects=snapshot(project),
            sources=loaded.sources,
            environment=app.environment,
            versions=versions(plugins),
        ),
        unset=tuple(unset_error(unset) for unset in loaded.unset),
        warnings=tuple(findings),
    )


def versions(plugins: Plugins) -> dict[str, str]:
    """Gives the versions of the engine and of every loaded plugin, by distribution."""
    from importlib.metadata import version

    from engine.plugins import installed

    found = {info.distribution: info.version for info in installed(plugins) if info.loaded and info.distribution}
    return {**found, "engine-sms": version("engine-sms")}


def plan_against_live(
    app: App,
    store: Store,
    asked: Wanted,
    warnings: tuple[Finding, ...],
    *,
    look: Look | None = None,
    diff: str | None = None,
) -> Plan:
    """Gives the plan from the live release to the config, with its reasons and effects. `look` looks at what is to be
    done at the providers; `diff` is the revision whose diff is reviewed."""
    from engine.cli.plan_effects import Base, understood
    from engine.cli.plan_scope import scoped
    from engine.reconcile.apply import plan_for
    from engine.reconcile.needs import needed
    from engine.reconcile.provider_side import with_provider

    live = store.live_release()
    made = plan_for(live, asked.desired, needed=needed(store), warnings=warnings)
    if look is not None:
        made = with_provider(made, look(store.webhooks_set()))
    if live is None:
        return understood(app, made, asked, Base(), store)
    # What was applied with uncommitted edits is in no commit.
    commit_id = live.commit if live.commit and not live.commit.endswith("-dirty") else None
    made = understood(app, made, asked, Base(live.objects, live.sources, live.versions, commit_id), store)
    return scoped(app, made, asked, live.sources, diff)


def plan_against_revision(
    app: App, revision: str, asked: Wanted, warnings: tuple[Finding, ...], *, diff: str | None = None
) -> Plan:
    """Gives the plan from the config as it was at a git revision: offline, the state is not looked at.

    Raises UsageError where git knows no such revision, ConfigError where the config was invalid then.
    """
    from engine.cli.context import utc_now
    from engine.cli.plan_effects import Base, understood
    from engine.cli.plan_scope import scoped
    from engine.config.load import load
    from engine.config.snapshot import snapshot
    from engine.reconcile import git
    from engine.reconcile.objects import export
    from engine.reconcile.plan import plan

    commit_id = git.resolve(app.config, revision, app.variables)
    with tempfile.TemporaryDirectory(prefix="engine-plan-") as folder:
        config = Path(folder) / app.config.absolute().name
        sources: Mapping[str, Source]
        if export(app.config, commit_id, config, app.variables):
            kept = app.loaded.cache
            loaded = load(config, environment=app.environment, variables=app.variables, cache_of=lambda _: kept)
            if kept is not None:
                kept.save(utc_now())
            errors = [finding for finding in loaded.findings if finding.severity is Severity.ERROR]
            if errors or loaded.project is None:
                raise ConfigError(f"the config was invalid at {revision}", errors, hint="plan against another revision")
            before, sources = snapshot(loaded.project), loaded.sources
        else:
            before, sources = None, {}
    made = plan(
        before,
        asked.desired.objects,
        base=commit_id,
        environment=asked.desired.environment,
        versions=asked.desired.versions,
        sources=asked.desired.sources,
        sources_before=sources,
        warnings=warnings,
    )
    made = understood(app, made, asked, Base(before, sources, asked.desired.versions, commit_id), None)
    return scoped(app, made, asked, sources, diff or revision)


def show(plan: Plan, *, stderr: bool = False) -> None:
    """Prints a plan in words, in colour and as wide as it is on a terminal, its warnings first and on stderr."""
    from engine.cli.output import finding_line
    from engine.reconcile.text import lines

    for warning in plan.warnings:
        click.echo(finding_line(warning), err=True)
    stream = sys.stderr if stderr else sys.stdout
    for line in lines(plan, width=shutil.get_terminal_size().columns if stream.isatty() else None):
        parts = ((line.text, line.style), (line.right, line.right_style))
        click.echo("".join(click.style(text, **COLOURS[style]) for text, style in parts if text), file=stream)
