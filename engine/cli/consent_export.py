"""engine consent export: the whole ledger, as evidence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from engine.cli.audience import configured, number_of
from engine.cli.context import App, pass_app
from engine.cli.names import complete_workspace
from engine.cli.output import format_option, print_ndjson
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.types import Consent

COLUMNS = (
    *("at", "workspace", "number", "sender", "topic", "state", "source"),
    *("words", "message", "person", "by", "detail"),
)


@click.command("export")
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option("--number", metavar="NUMBER", help="Only this number's; needs --workspace.")
@format_option("ndjson", "csv")
@pass_app
def command(app: App, workspace: str | None, number: str | None, format_: str) -> None:
    """Print the consent ledger, oldest entry first: who agreed or took it back, when, where, and in which words.

    Nothing is left out, and nothing in it was ever changed. In CSV, cells that a spreadsheet would run as a formula
    begin with an apostrophe; JSON and NDJSON have everything as it is.

    \b
    Example:
      engine consent export --workspace acme --format csv > consent.csv
      engine consent export -w acme --number "+14155550123" --format json
    """
    import json

    if number is not None and workspace is None:
        raise UsageError("--number needs --workspace", hint="numbers are read in the workspace's country")
    to = number_of(app, configured(app, workspace).settings, number) if number and workspace else None
    store = app.store(read_only=True)
    if workspace is not None and next(iter(store.ledger(workspace=workspace)), None) is None:
        configured(app, workspace)
    entries = store.ledger(workspace=workspace, number=to)
    if format_ == "ndjson":
        print_ndjson(as_json(entry) for entry in entries)
    elif format_ == "json":
        # Written as it is read: a ledger of millions of entries must not be held in memory.
        click.echo('{"version": 1, "entries": [', nl=False)
        for place, entry in enumerate(entries):
            click.echo((",\n" if place else "\n") + json.dumps(as_json(entry), ensure_ascii=False), nl=False)
        click.echo("]}")
    elif format_ == "csv":
        _write_csv(entries)
    else:
        for entry in entries:
            click.echo(line(entry))


def as_json(entry: Consent) -> dict[str, Any]:
    """Gives an entry of the ledger with what is not known of it as null."""
    return {
        "at": entry.at.isoformat(),
        "workspace": entry.workspace,
        "number": entry.number,
        "sender": entry.sender or None,
        "topic": entry.topic or None,
        "state": str(entry.state),
        "source": entry.source,
        "words": entry.words or None,
        "message": entry.message or None,
        "person": entry.person or None,
        "by": entry.by or None,
        "detail": entry.detail,
    }


def line(entry: Consent) -> str:
    """Gives an entry as a sentence for people."""
    place = "/".join(part for part in (entry.workspace, entry.sender and f"sender/{entry.sender}") if part)
    about = f" of topic {entry.topic}" if entry.topic else ""
    words = f" {entry.words!r}" if entry.words else ""
    source = " ".join(part for part in (entry.source, entry.message, entry.by and f"by {entry.by}") if part)
    detail = f": {entry.detail}" if entry.detail else ""
    when = entry.at.isoformat(timespec="seconds")
    return f"{when}  {entry.number}  {place}  {entry.state}{about}{words} ({source}{detail})"


def _write_csv(entries: Iterator[Consent]) -> None:
    import csv

    from engine.audience.export import guarded

    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for entry in entries:
        row = as_json(entry)
        writer.writerow(guarded([row[column] for column in COLUMNS]))
