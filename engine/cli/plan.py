"""engine plan: what apply would change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app
from engine.cli.output import format_option
from engine.cli.plan_reports import Report, report_option, write, written
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.reconcile.changes import Plan


@click.command()
@click.option("--against", metavar="REF", help="Compare with the config at a git revision, offline.")
@click.option(
    "--diff", metavar="REF", help="Warn of what this diff does not touch. Default: --against, or the pull request's."
)
@click.option("--no-refresh", is_flag=True, help="Do not ask the providers which senders they have.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan, for `engine apply FILE`.",
)
@click.option("--detailed-exitcode", is_flag=True, help="End with 2 where there are changes.")
@report_option
@format_option("markdown", "html")
@pass_app
def command(
    app: App,
    against: str | None,
    diff: str | None,
    no_refresh: bool,
    out: Path | None,
    detailed_exitcode: bool,
    reports: tuple[Report, ...],
    format_: str,
) -> int:
    """Show what apply would change, and what people will read then.

    Nothing is changed, here or at a provider. Changes are against the applied release; with --against they are against
    the config at a commit, branch or tag, and neither the state nor a provider is asked. Whoever reviews a diff is
    warned of each object that the plan touches and the diff does not: of a branch that is behind, a variable.

    \b
    Example:
      engine plan
      engine plan --against origin/main
      engine plan --out plan.json && engine apply plan.json
      engine plan --against origin/main --report markdown=comment.md --report html=plan.html
    """
    from functools import partial

    from engine.cli.findings import only_looks
    from engine.cli.planning import plan_against_live, plan_against_revision, show, wanted
    from engine.cli.providers import seen, softened

    if against is not None and out is not None:
        raise UsageError(
            "a plan against a git revision cannot be applied", hint="leave out --against, or --out with --format json"
        )
    only_looks(app)
    asked = wanted(app)
    warnings = (*asked.warnings, *softened(asked.unset))
    if against is not None:
        plan = plan_against_revision(app, against, asked, warnings, diff=diff)
    else:
        look = None if no_refresh else partial(seen, app, asked)
        plan = plan_against_live(app, app.store(read_only=True), asked, warnings, look=look, diff=diff)
    if out is not None:
        _save(out, plan)
    write(plan, reports)
    if format_ == "text":
        show(plan)
    else:
        click.echo(written(plan, format_), nl=False)
    return exit_codes.CHANGES if detailed_exitcode and plan.changes else exit_codes.FINE


def _save(out: Path, plan: Plan) -> None:
    """Writes a plan file that only its owner reads: it holds the config as it will be."""
    import os

    from engine.reconcile.saved import to_text

    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(to_text(plan))
    except OSError as error:
        raise UsageError(f"the plan cannot be saved: {error}") from error
