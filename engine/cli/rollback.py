"""engine rollback: a plan back to an earlier release."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from engine.cli.apply import make_live, report
from engine.cli.context import App, pass_app
from engine.cli.live_options import live_options
from engine.cli.output import format_option
from engine.cli.plan_reports import written
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.types import Release


@click.command()
@click.argument("release")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would change, and change nothing.")
@live_options(digest="Go back only by the plan with this digest, the one that was reviewed.")
@format_option("markdown", "html")
@pass_app
def command(
    app: App,
    release: str,
    only_plan: bool,
    yes: bool,
    no_refresh: bool,
    digest: str | None,
    allow: tuple[str, ...],
    lock_timeout: float,
    format_: str,
) -> None:
    """Make live again what an earlier release made live.

    It is a plan like any other, with its rails and its digest, and gives a new release. The files in git stay as they
    are: the next `engine apply` would make them live again, so take them back there, too. RELEASE is an id, or how one
    begins.

    \b
    Example:
      engine releases
      engine rollback 3f9c2e --plan
      engine rollback 3f9c2e --yes --digest "$(engine rollback 3f9c2e --plan --format json | jq -r .digest)"
    """
    from engine.cli.releases import found
    from engine.reconcile.rails import check_allow

    check_allow(allow)
    past = found(app.store(read_only=True), release)
    if only_plan:
        if yes:
            raise UsageError("--plan changes nothing, and --yes is to change something", hint="leave out one of them")
        _show(app, past, no_refresh=no_refresh, format_=format_)
        return
    if format_ not in ("text", "json"):
        raise UsageError(f"only a plan can be printed as {format_}", hint="add --plan")
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            "rollback asks before it changes anything, and there is no terminal to ask on",
            hint="add --yes, or see what it would do with --plan",
        )
    applied = make_live(
        app,
        app.store,
        yes=yes,
        no_refresh=no_refresh,
        digest=digest,
        allow=allow,
        lock_timeout=lock_timeout,
        past=past,
    )
    if applied is None:
        click.echo("nothing was changed", err=True)
    else:
        report(applied, format_)
        applied.require_whole()


def _show(app: App, past: Release, *, no_refresh: bool, format_: str) -> None:
    from engine.cli.planning import plan_against_live, show
    from engine.cli.providers import seen
    from engine.cli.restoring import wanted_again

    asked = wanted_again(app, past)
    look = None if no_refresh else partial(seen, app, asked)
    plan = plan_against_live(app, app.store(read_only=True), asked, asked.warnings, look=look)
    if format_ == "text":
        show(plan)
    else:
        click.echo(written(plan, format_), nl=False)
