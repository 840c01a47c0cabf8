"""engine comment: one comment on a pull request, kept up to date."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.cli.code_hosts import CodeHost

MOST_BYTES = 1024 * 1024


@click.command()
@click.argument("report", type=click.Path(path_type=Path))
@format_option()
@pass_app
def command(app: App, report: Path, format_: str) -> None:
    """Put REPORT, a Markdown file, on the pull request: in the place of the comment that an earlier run has left.

    On GitHub it runs where the event is a pull request, or a `workflow_run` of one, and needs GITHUB_TOKEN with
    `pull-requests: write`. In GitLab CI it runs in a merge request's pipeline and needs GITLAB_TOKEN, an access token
    with the scope `api`. The config is not read: --config and --env tell one comment from another.

    What REPORT says is taken for a stranger's words: it notifies nobody, and is cut where the host's limit is.

    \b
    Example:
      engine comment comment.md
    """
    from engine.cli.comment_text import body, marker

    host = _host(app.variables)
    text = _read(report)
    number = host.number()
    if number is None:
        if format_ == "json":
            print_json({"comment": None, "created": False})
        else:
            click.echo("no open pull request is at this commit: nothing to comment on")
        return
    mark = marker(app.config, app.environment)
    whole = body(text, mark, limit=host.limit, run=host.run)
    link, created = host.put(number, mark, whole)
    if format_ == "json":
        print_json({"comment": link, "created": created})
    else:
        click.echo(f"{'commented' if created else 'brought up to date'}: {link}")


def _host(variables: Mapping[str, str]) -> CodeHost:
    from engine.cli.code_hosts import GitHub, GitLab

    if variables.get("GITHUB_ACTIONS") == "true":
        return GitHub(variables, _event(variables))
    if variables.get("GITLAB_CI") == "true":
        return GitLab(variables)
    raise UsageError("this is neither GitHub Actions nor GitLab CI", hint="comment from a pipeline of either")


def _event(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """Gives what GitHub says of what happened: written by GitHub alone, and read as data."""
    try:
        event = json.loads(Path(variables.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH names no event: {error}") from error
    return event if isinstance(event, Mapping) else {}


def _read(report: Path) -> str:
    """Gives a report's text. It may come from a pull request's artifact: a link out of it is not followed."""
    try:
        with os.fdopen(os.open(report, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{report} is no file")
            return file.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"the report cannot be read: {error}") from error
