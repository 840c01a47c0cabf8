"""`engine validate`: every finding in the config."""

from __future__ import annotations

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app
from engine.cli.output import finding_line, format_option, print_json


@click.command("validate")
@format_option("github", "sarif")
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@pass_app
def command(app: App, format_: str, strict: bool) -> int:
    """Report everything that is wrong in the config.

    Needs neither the network nor secrets. Ends with 3 where there is an error.

    \b
    Example:
      engine validate --strict --format github
    """
    from engine.cli import reports
    from engine.cli.findings import findings_of, only_looks

    only_looks(app)
    found = findings_of(app)
    valid = not (found if strict else reports.has_errors(found))
    if format_ == "json":
        print_json({"valid": valid, "findings": reports.as_json(found)})
    elif format_ == "sarif":
        import json

        click.echo(json.dumps(reports.sarif(found), ensure_ascii=False, indent=2))
    elif format_ == "github":
        reports.print_github(found, app.folder)
    else:
        for finding in found:
            click.echo(finding_line(finding))
        click.echo(reports.summary(found) or _all_good(app))
    return exit_codes.FINE if valid else exit_codes.CONFIG


def _all_good(app: App) -> str:
    project = app.loaded.require()
    templates = sum(len(workspace.templates) for workspace in project.workspaces.values())
    workspaces = len(project.workspaces)
    counted = (
        f"{workspaces} workspace{'' if workspaces == 1 else 's'}, {templates} template{'' if templates == 1 else 's'}"
    )
    return f"valid: {counted}"
