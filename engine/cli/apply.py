"""engine apply: make the config live."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.live_options import LOCK_TIMEOUT, live_options
from engine.cli.output import format_option, print_json
from engine.errors import UsageError
from engine.provider_steps import StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.cli.planning import Wanted
    from engine.cli.providers import LiveProviders
    from engine.reconcile.apply import Applied
    from engine.reconcile.git import Commit
    from engine.reconcile.saved import Saved
    from engine.store import Store
    from engine.types import Release

RESULTS = {StepState.DONE: "applied", StepState.FAILED: "failed", StepState.PENDING: "not tried"}
"""What became of a step at a provider, as a result of apply."""


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@live_options(digest="Apply only the plan with this digest, the one that was reviewed.")
@format_option()
@pass_app
def command(
    app: App,
    file: Path | None,
    yes: bool,
    no_refresh: bool,
    digest: str | None,
    allow: tuple[str, ...],
    lock_timeout: float,
    format_: str,
) -> None:
    """Make the config live, as one immutable release. No message is ever sent by it.

    FILE is a plan saved by `engine plan --out FILE`. It is made again and applied only if it is still the same.

    \b
    Example:
      engine apply
      engine plan --out plan.json && engine apply plan.json --yes
      engine apply --yes --allow protect:acme/keyword/join
    """
    from engine.reconcile.rails import check_allow

    if not yes and not sys.stdin.isatty():
        raise UsageError("apply asks before it changes anything, and there is no terminal to ask on", hint="add --yes")
    check_allow(allow)
    reviewed = _read(file) if file is not None else None
    applied = make_live(
        app,
        app.store,
        yes=yes,
        no_refresh=no_refresh,
        reviewed=reviewed,
        digest=digest,
        allow=allow,
        lock_timeout=lock_timeout,
    )
    if applied is None:
        click.echo("nothing was changed", err=True)
    else:
        report(applied, format_)


def make_live(
    app: App,
    open_store: Callable[[], Store],
    *,
    yes: bool,
    no_refresh: bool,
    reviewed: Saved | None = None,
    digest: str | None = None,
    allow: tuple[str, ...] = (),
    lock_timeout: float = LOCK_TIMEOUT,
    past: Release | None = None,
    heal: bool = True,
) -> Applied | None:
    """Checks the config, or with `past` that of an earlier release, asks where nobody said yes, and applies. None where
    the answer was no. Without `heal` what somebody else has changed at a provider is left."""
    from engine.cli.planning import wanted
    from engine.cli.providers import LiveProviders
    from engine.cli.restoring import commit_again, wanted_again
    from engine.reconcile.apply import require_variables
    from engine.reconcile.git import commit_of

    asked = wanted(app) if past is None else wanted_again(app, past)
    require_variables(asked.unset)
    commit = commit_of(app.config, app.variables) if past is None else commit_again(past)
    store = open_store()
    with LiveProviders(app, asked, heal=heal) as live_providers:
        providers = None if no_refresh else live_providers
        if not yes:
            digest = _ask(app, store, asked, providers, reviewed, digest, allow)
            if digest is None:
                return None
        return _apply(app, store, asked, providers, reviewed, digest, allow, lock_timeout, commit)


def _apply(
    app: App,
    store: Store,
    asked: Wanted,
    providers: LiveProviders | None,
    reviewed: Saved | None,
    digest: str | None,
    allow: tuple[str, ...],
    lock_timeout: float,
    commit: Commit | None,
) -> Applied:
    from engine.cli.crash import crash_hook
    from engine.cli.who import operator, run_of
    from engine.reconcile.apply import apply
    from engine.reconcile.stale import Reviewed
    from engine.types import Event

    applied = apply(
        store,
        asked.desired,
        providers=providers,
        reviewed=Reviewed(reviewed, digest),
        allow=allow,
        unset=asked.unset,
        commit=commit,
        by=operator(app.variables),
        wait=timedelta(seconds=lock_timeout),
        clock=utc_now,
        faults=crash_hook(app.variables),
        run=run_of(app.variables),
        tell=partial(click.echo, err=True),
    )
    if applied.made:
        release = applied.release
        detail = {
            "release": release.id,
            "base": release.base,
            "by": release.applied_by,
            "summary": applied.plan.summary,
        }
        asked.plugins.observe(Event("release.applied", release.applied_at, detail=detail))
    return applied


def _ask(
    app: App,
    store: Store,
    asked: Wanted,
    providers: LiveProviders | None,
    reviewed: Saved | None,
    digest: str | None,
    allow: tuple[str, ...],
) -> str | None:
    """Shows the plan and asks. Gives the digest of what was agreed to, None for a no."""
    from engine.cli.planning import plan_against_live, show
    from engine.reconcile.apply import check, earlier_plans
    from engine.reconcile.stale import Reviewed

    live = store.live_release()
    plan = plan_against_live(app, store, asked, asked.warnings, look=providers.look if providers else None)
    check(
        plan,
        live,
        Reviewed(reviewed, digest),
        allow=allow,
        unset=asked.unset,
        last=store.last_steps(),
        earlier=partial(earlier_plans, store, asked.desired),
    )
    show(plan, stderr=True)
    if plan.changes or live is None:
        return plan.digest if click.confirm("Apply this?", err=True) else None
    return digest or plan.digest


def _read(file: Path) -> Saved:
    from engine.reconcile.saved import from_text

    try:
        return from_text(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the plan file cannot be read: {error}") from error


def report(applied: Applied, format_: str) -> None:
    """Prints what was applied, and what was not. Raises AppliedInPart, ProviderUnavailable for what was not."""
    from engine.cli.output import finding_line

    release, plan = applied.release, applied.plan
    became = {step.address: RESULTS[step.state] for step in applied.steps}
    messages = {step.address: step.message for step in applied.steps if step.message}
    for finding in plan.warnings:
        click.echo(finding_line(finding), err=True)
    if format_ == "json":
        results = [
            {"address": c.address, "action": str(c.action), "result": became.get(c.address, "applied")}
            | ({"message": messages[c.address]} if c.address in messages else {})
            for c in plan.changes
        ]
        print_json({"release": release.id, "digest": release.digest, "changes": len(plan.changes), "results": results})
    else:
        _print(applied, became, messages)
    applied.require_whole()


def _print(applied: Applied, became: Mapping[str, str], messages: Mapping[str, str]) -> None:
    from engine.reconcile.lines import printable
    from engine.reconcile.text import SYMBOLS

    release, plan = applied.release, applied.plan
    for change in plan.changes:
        result = became.get(change.address, "applied")
        words = "" if result == "applied" else f": {result} {messages.get(change.address, '')}"
        click.echo(printable(f"{dict(SYMBOLS)[change.action]} {change.address}{words}".rstrip()))
    if applied.made:
        count = release.summary
        click.echo(
            f"Applied release {release.id}: "
            f"{count['create']} created, {count['update']} updated, {count['delete']} deleted."
        )
    elif not applied.steps:
        click.echo(f"Nothing to change: release {release.id} is live.")
    if applied.steps:
        done = len(applied.steps) - len(applied.undone)
        click.echo(f"At the providers: {done} of {len(applied.steps)} set.")
