"""What plan, apply and status share: from the config to a plan, and a plan on the screen."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.errors import ConfigError
from engine.types import Finding, Severity

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.config.models import Project
    from engine.plugins import Plugins
    from engine.reconcile.addresses import Objects
    from engine.reconcile.apply import Desired
    from engine.reconcile.changes import Plan
    from engine.types import Release

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


def with_renderings(app: App, plan: Plan, before: Objects | None, asked: Wanted) -> Plan:
    """Gives the plan with what its changes do to the messages of today's samples."""
    from engine.cli.context import utc_now
    from engine.compose.build import composer
    from engine.config.snapshot import restore
    from engine.reconcile.effects import with_effects
    from engine.reconcile.renderer import Renderer, Samples

    def renderer(project: Project) -> Renderer:
        context = partial(app.plugin_context, read_only=True)
        return Renderer(samples, partial(composer, project, plugins=asked.plugins, context=context), now)

    now = utc_now()
    samples = Samples(asked.project.workspaces)
    after = renderer(restore(asked.desired.objects))
    return with_effects(
        plan,
        objects_before=before or {},
        objects=asked.desired.objects,
        samples=samples.names,
        render_before=renderer(restore(before)) if before else after,
        render=after,
    )


def plan_against_live(app: App, live: Release | None, asked: Wanted, warnings: tuple[Finding, ...]) -> Plan:
    """Gives the plan from the live release to the config, with its effects."""
    from engine.reconcile.apply import plan_for

    made = plan_for(live, asked.desired, warnings=warnings)
    return with_renderings(app, made, live.objects if live else None, asked)


def plan_against_revision(app: App, revision: str, asked: Wanted, warnings: tuple[Finding, ...]) -> Plan:
    """Gives the plan from the config as it was at a git revision: offline, the state is not looked at.

    Raises UsageError where git knows no such revision, ConfigError where the config was invalid then.
    """
    from engine.config.load import load
    from engine.config.snapshot import snapshot
    from engine.reconcile import git
    from engine.reconcile.plan import plan

    commit_id = git.resolve(app.config, revision, app.variables)
    with tempfile.TemporaryDirectory(prefix="engine-plan-") as folder:
        config = Path(folder) / app.config.absolute().name
        if git.export(app.config, commit_id, config, app.variables):
            loaded = load(config, environment=app.environment, variables=app.variables)
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
    return with_renderings(app, made, before, asked)


def show(plan: Plan, *, stderr: bool = False) -> None:
    """Prints a plan in words, in colour on a terminal, its warnings first and on stderr."""
    from engine.cli.output import finding_line
    from engine.reconcile.text import lines

    for warning in plan.warnings:
        click.echo(finding_line(warning), err=True)
    stream = sys.stderr if stderr else sys.stdout
    for line in lines(plan):
        click.echo(click.style(line.text, **COLOURS[line.style]) if line.text else "", file=stream)
