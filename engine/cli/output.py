"""How commands print: text for people, JSON for programs, errors for both."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from engine.errors import ConfigError, EngineError

if TYPE_CHECKING:
    from rich.console import Console

    from engine.types import Finding

F = TypeVar("F", bound=Callable[..., Any])


def format_option(*more: str, default: str = "text") -> Callable[[F], F]:
    """The `--format` option: text and json, and what the command adds."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json", *more]),
        default=default,
        show_default=True,
        help="How to print.",
    )


def print_json(document: Mapping[str, Any]) -> None:
    """Prints one versioned JSON document."""
    click.echo(json.dumps({"version": 1, **document}, ensure_ascii=False, indent=2))


def print_ndjson(rows: Iterable[Mapping[str, Any]]) -> None:
    """Prints one JSON object a line, as they come."""
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False))


def console(*, stderr: bool = False) -> Console:
    """A rich console: colour on a terminal, plain text in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else int(os.environ.get("COLUMNS", "120"))
    return Console(file=stream, highlight=False, soft_wrap=not stream.isatty(), width=width)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "nothing to show") -> None:
    """Prints a table: ruled on a terminal, tab-separated in a pipe."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        if cells:
            click.echo("\t".join(columns))
        for row in cells:
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", "⏎") for cell in row))
        return
    if not cells:
        click.echo(empty)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, header_style="bold")
    table.columns[0].no_wrap = True
    # What a row is known by is copied into the next command: it is never cut, however narrow the terminal.
    table.columns[0].min_width = max(len(row[0]) for row in cells)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console().print(table)


def show_error(error: EngineError) -> None:
    """Prints an error to stderr: what is wrong, where, and what to do."""
    findings = error.findings if isinstance(error, ConfigError) else ()
    for finding in findings:
        click.echo(finding_line(finding), err=True)
    click.echo(click.style("error: ", fg="red", bold=True) + error.message, err=True)
    if error.hint:
        click.echo(click.style("hint: ", fg="cyan") + error.hint, err=True)


def finding_line(finding: Finding) -> str:
    """Gives a finding as compilers print them: file:line:column, severity, words, code, hint."""
    place = ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
    colour = "red" if finding.severity == "error" else "yellow"
    line = f"{place}: " if place else ""
    line += click.style(str(finding.severity), fg=colour, bold=True) + f": {finding.message} [{finding.code}]"
    return line + (f"\n    {click.style('hint:', fg='cyan')} {finding.hint}" if finding.hint else "")
