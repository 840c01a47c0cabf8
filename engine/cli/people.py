"""engine people: bring the audience in, look at it, give it back out, forget."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from engine.cli import exit_codes
from engine.cli.audience import configured, normaliser_of, peopled, unknown_person
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json, print_ndjson, print_table
from engine.errors import UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from engine.audience.import_ import Imported
    from engine.audience.source import Source

LISTED = 50
SHOWN_REJECTIONS = 20

workspace_option = click.option("--workspace", "-w", required=True, help="The workspace that the people belong to.")


@click.group()
def command() -> None:
    """Import, list, show, export and erase the audience.

    \b
    Example:
      engine people import members.csv --workspace acme --consent "web form, May 2026"
      engine people show ada --workspace acme
    """


@command.command("import")
@click.argument("file", metavar="FILE")
@workspace_option
@click.option("--consent", metavar="TEXT", help="Where these people subscribed; recorded for each of their numbers.")
@click.option("--topic", metavar="T", help="They subscribed to this topic alone; needs --consent.")
@click.option(
    "--as",
    "as_",
    type=click.Choice(["csv", "ndjson", "json"]),
    help="What FILE is. Default: by its name, or else by how it begins.",
)
@format_option()
@pass_app
def import_(
    app: App, file: str, workspace: str, consent: str | None, topic: str | None, as_: str | None, format_: str
) -> int:
    """Add people from CSV, NDJSON or JSON, or merge them into who is there. FILE may be - for the standard input.

    Each record needs an `id`; everything else is an attribute. Numbers are read in the person's country, or else the
    workspace's. What cannot be taken is listed, the rest is kept, and importing a file again changes nothing.

    \b
    Example:
      engine people import members.csv --workspace acme --consent "web form, May 2026"
      gunzip -c crm.ndjson.gz | engine people import - --workspace acme --format json
    """
    from tempfile import SpooledTemporaryFile

    from engine.audience.import_ import Importer, names_of
    from engine.audience.source import Format, open_source
    from engine.cli.who import operator

    if consent is not None and not consent.strip():
        raise UsageError("--consent is empty", hint="say where these people subscribed, or leave it out")
    if topic is not None and consent is None:
        raise UsageError("--topic needs --consent", hint="say where these people subscribed to it")
    found = configured(app, workspace)
    if topic is not None and topic not in found.topics:
        raise UsageError(f"workspace {workspace!r} has no topic {topic!r}", hint=did_you_mean(topic, found.topics))
    settings, by = found.settings, operator(app.variables)
    normaliser = normaliser_of(app, settings)
    with (
        open_source(
            file, format_=Format(as_) if as_ else None, names=names_of(settings), stdin=sys.stdin.buffer
        ) as source,
        # A file may be all wrong, and as long as it likes: what is rejected is not kept in memory either.
        SpooledTemporaryFile(max_size=1 << 20, mode="w+", encoding="utf-8", newline="") as rejections,
    ):
        source.check()
        importer = Importer(
            app.store(), workspace, settings, normaliser, utc_now, consent=consent, topic=topic or "", by=by
        )
        with _progress(source) as advance:
            done = importer.run(
                source.records(),
                rejected=lambda rejection: _keep(rejections, rejection.as_json()),
                progress=advance,
            )
        rejections.seek(0)
        if format_ == "json":
            _print_json(done, rejections)
        else:
            _print_text(done, rejections)
    return exit_codes.PARTLY if done.rejected else exit_codes.FINE


@command.command("list")
@workspace_option
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N. Text shows the first 50.")
@click.option("--after", default="", metavar="ID", help="Only those whose id comes after this one.")
@format_option("ndjson")
@pass_app
def list_(app: App, workspace: str, limit: int | None, after: str, format_: str) -> None:
    """List people in order of id.

    \b
    Example:
      engine people list --workspace acme --limit 10
    """
    from itertools import islice

    from engine.audience.export import as_json, everyone

    store = app.store(read_only=True)
    peopled(app, store, workspace)
    most = limit if format_ != "text" else limit or LISTED
    rows = (as_json(store, person) for person in islice(everyone(store, workspace, after=after), most))
    if format_ == "ndjson":
        print_ndjson(rows)
    elif format_ == "json":
        _print_people(rows)
    else:
        count = store.count_people(workspace)
        cells = [(row["id"], row["phone"], row["consent"], _short(row["attributes"])) for row in rows]
        print_table(("id", "phone", "consent", "attributes"), cells, empty="nobody: `engine people import` adds people")
        if count > len(cells) and not after and limit is None:
            click.echo(f"{len(cells)} of {count}; --limit and --after show more", err=True)


@command.command()
@click.argument("person_id", metavar="ID")
@workspace_option
@format_option()
@pass_app
def show(app: App, person_id: str, workspace: str, format_: str) -> None:
    """Show one person and the consent of their number.

    \b
    Example:
      engine people show ada --workspace acme
    """
    from engine.audience.export import as_json

    store = app.store(read_only=True)
    peopled(app, store, workspace)
    person = store.person(workspace, person_id)
    if person is None:
        raise unknown_person(workspace, person_id)
    row = as_json(store, person)
    if format_ == "json":
        print_json({"person": row})
        return
    click.echo(f"{row['id']}\nphone: {row['phone'] or 'none'}\nconsent: {row['consent']}")
    for name, value in sorted(row["attributes"].items()):
        click.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


@command.command()
@workspace_option
@click.option(
    "--format",
    "format_",
    type=click.Choice(["ndjson", "json", "csv"]),
    default="ndjson",
    show_default=True,
    help="NDJSON and JSON for programs; CSV for spreadsheets.",
)
@pass_app
def export(app: App, workspace: str, format_: str) -> None:
    """Print everyone: id, number in E.164, attributes as they were given, consent.

    In CSV, a cell that a spreadsheet would run as a formula begins with an apostrophe; import takes it away again.

    \b
    Example:
      engine people export --workspace acme > acme.ndjson
      engine people export --workspace acme --format csv > acme.csv
    """
    from engine.audience.export import as_json, everyone, write_csv

    store = app.store(read_only=True)
    peopled(app, store, workspace)
    if format_ == "csv":
        project = app.loaded.project
        found = project.workspaces.get(workspace) if project is not None else None
        write_csv(
            store, workspace, sys.stdout, phone_attribute=found.settings.audience.phone_attribute if found else "phone"
        )
        return
    rows = (as_json(store, person) for person in everyone(store, workspace))
    if format_ == "json":
        _print_people(rows)
    else:
        print_ndjson(rows)


@command.command()
@click.argument("person_ids", metavar="ID...", nargs=-1, required=True)
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option()
@pass_app
def erase(app: App, person_ids: tuple[str, ...], workspace: str, yes: bool, format_: str) -> None:
    """Forget people: their attributes, their number, and the number and words of their messages.

    What waits for them is cancelled. The consent of their number stays, so that a STOP outlives the person.

    \b
    Example:
      engine people erase ada --workspace acme --yes
    """
    store = app.store()
    peopled(app, store, workspace)
    for person_id in person_ids:
        if store.person(workspace, person_id) is None:
            raise unknown_person(workspace, person_id)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("erasing cannot be undone", hint="give --yes where nobody can be asked")
        click.confirm(f"Forget {', '.join(person_ids)} for good?", abort=True, err=True)
    erased = [person_id for person_id in person_ids if store.erase_person(workspace, person_id, at=utc_now())]
    if format_ == "json":
        print_json({"erased": erased})
    else:
        click.echo(f"forgotten: {', '.join(erased)}")


def _keep(rejections: IO[str], rejection: dict[str, Any]) -> None:
    rejections.write(json.dumps(rejection, ensure_ascii=False) + "\n")


def _print_json(done: Imported, rejections: Iterable[str]) -> None:
    click.echo(f'{{"version": 1, "imported": {done.imported}, "updated": {done.updated}, "rejected": [', nl=False)
    for number, line in enumerate(rejections):
        click.echo(("," if number else "") + "\n  " + line.rstrip("\n"), nl=False)
    click.echo("\n]}" if done.rejected else "]}")


def _print_text(done: Imported, rejections: Iterable[str]) -> None:
    click.echo(f"imported {done.imported}, updated {done.updated}, rejected {done.rejected}")
    for number, line in enumerate(rejections):
        if number == SHOWN_REJECTIONS:
            click.echo(f"  and {done.rejected - number} more; --format json lists them all")
            break
        row = json.loads(line)
        field = f", {row['field']}" if row["field"] else ""
        click.echo(f"  row {row['row']}{field}: {row['message']} [{row['code']}]")


def _print_people(rows: Iterable[dict[str, Any]]) -> None:
    click.echo('{"version": 1, "people": [', nl=False)
    for number, row in enumerate(rows):
        click.echo((",\n" if number else "\n") + json.dumps(row, ensure_ascii=False), nl=False)
    click.echo("\n]}")


def _short(attributes: dict[str, Any]) -> str:
    text = json.dumps(attributes, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


def _progress(source: Source) -> AbstractContextManager[Callable[[Imported], None]]:
    """Gives what draws a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    return _bar(source)


@contextmanager
def _bar(source: Source) -> Iterator[Callable[[Imported], None]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from engine.cli.output import console

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[people]} people"))
    with Progress(*columns, TimeElapsedColumn(), console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("importing", total=source.size or None, people=0)

        def advance(done: Imported) -> None:
            progress.update(task, completed=source.position, people=done.imported + done.updated)

        yield advance
