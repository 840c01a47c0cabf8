"""The reports of a plan: one plan, printed and written in as many forms as are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.cli.output import finding_line
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.reconcile.changes import Plan

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = ("text", "json", "markdown", "html")


Report = tuple[str, Path]
"""A format, and the file that a report in it is written to."""


def report_option(command: F) -> F:
    """The `--report` option, given as `reports`."""
    return click.option(
        "--report",
        "reports",
        multiple=True,
        callback=lambda _ctx, param, values: tuple(_report(value, param) for value in values),
        metavar="FORMAT=FILE",
        help=f"Write the plan to a file, too, as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}; may be repeated.",
    )(command)


def written(plan: Plan, form: str) -> str:
    """Gives the report as a file holds it: no colour, ended by a line feed."""
    if form == "json":
        return json.dumps({"version": 1, **plan.as_json()}, ensure_ascii=False, indent=2) + "\n"
    if form == "markdown":
        from engine.reconcile.markdown import markdown

        return markdown(plan) + "\n"
    if form == "html":
        from engine.reconcile.html import page

        return page(plan)
    from engine.reconcile.lines import printable
    from engine.reconcile.text import lines

    warnings = [row for warning in plan.warnings for row in click.unstyle(finding_line(warning)).split("\n")]
    return "\n".join([*map(printable, warnings), *(line.text for line in lines(plan))]) + "\n"


def write(plan: Plan, reports: Iterable[Report]) -> None:
    """Writes each report. Raises UsageError for a file that cannot be written, or is asked for twice."""
    files: dict[Path, str] = {}
    for form, file in reports:
        if file in files:
            raise UsageError(f"{file} cannot hold two reports", hint="give each --report a file of its own")
        files[file] = form
    for file, form in files.items():
        try:
            file.write_text(written(plan, form), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"the report {file} cannot be written: {error.strerror}") from error


def _report(value: str, param: click.Parameter) -> Report:
    form, _, file = value.partition("=")
    if form not in FORMATS or not file:
        raise click.BadParameter(f"{value!r} is no FORMAT=FILE with one of {', '.join(FORMATS)}.", param=param)
    return form, Path(file)
