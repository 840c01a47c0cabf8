"""`engine preview`: exactly what would be sent."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import console, finding_line, format_option, print_json
from engine.cli.previews import Asked, Preview, previews
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.caps import Cost
    from engine.compose.composer import Composed

BUBBLE = 46
"""Columns of a bubble on a terminal: about what a phone shows on a line."""


@click.command("preview")
@click.argument("templates", nargs=-1, metavar="[TEMPLATE]...")
@click.option("--workspace", "-w", metavar="W", help="Only this workspace.")
@click.option("--sample", metavar="S", help="Only this sample.")
@click.option("--data", "data_text", metavar="JSON", help="What trigger.* holds, laid over the sample's data.")
@click.option("--person", metavar="ID", help="An imported person instead of the samples' people.")
@click.option("--html", "folder", metavar="DIR", type=click.Path(file_okay=False), help="Also write a page to look at.")
@format_option()
@pass_app
def command(
    app: App,
    templates: tuple[str, ...],
    workspace: str | None,
    sample: str | None,
    data_text: str | None,
    person: str | None,
    folder: str | None,
    format_: str,
) -> None:
    """Show exactly what would be sent: body, sender, encoding, segments, links, media and cost.

    Without TEMPLATE, every template with every sample. Short links are stand-ins of the real length.

    \b
    Example:
      engine preview club/welcome --workspace acme --sample ada
      engine preview --html preview
    """
    asked = Asked(templates, workspace, sample, person, _data(data_text))
    made = previews(app, asked, now=utc_now())
    if format_ == "json":
        print_json({"previews": [one.as_json() for one in made]})
    else:
        for number, one in enumerate(made):
            if number:
                click.echo()
            _show(one)
        if not made:
            click.echo("no samples: add people to people.yaml, or `samples:` to a template", err=True)
    if folder is not None:
        click.echo(f"written: {_write(Path(folder), made)}", err=True)


def _data(text: str | None) -> Mapping[str, Any] | None:
    if text is None:
        return None
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--data is not JSON: {error}", hint="""write it like --data '{"code": "1234"}'""") from error
    if not isinstance(data, dict):
        raise UsageError("--data is not a JSON object", hint="""write it like --data '{"code": "1234"}'""")
    return data


def _show(one: Preview) -> None:
    click.echo(click.style(f"{one.workspace}/{one.template}", bold=True) + f" · {one.sample}")
    made = one.composed
    if made is not None:
        _show_body(made)
        click.echo("  " + " · ".join(summary(one, made)))
        for url in made.media:
            click.echo(f"  media  {url}")
        for link in made.links:
            click.echo(f"  link   {link.short} → {link.url}")
    elif one.to is not None:
        click.echo(f"  to {one.to.number}: no message")
    for finding in one.findings:
        click.echo("  " + finding_line(finding).replace("\n", "\n  "))


def _show_body(made: Composed) -> None:
    if not sys.stdout.isatty():
        for line in made.body.split("\n"):
            click.echo(f"  | {line}")
        return
    from rich import box
    from rich.padding import Padding
    from rich.panel import Panel
    from rich.text import Text

    title = Text(f"{made.sender_name} → {made.to}", style="dim")
    bubble = Panel(
        Text(made.body), box=box.ROUNDED, title=title, title_align="left", width=BUBBLE, border_style="green"
    )
    console().print(Padding(bubble, (0, 0, 0, 2)))


def summary(one: Preview, made: Composed) -> Sequence[str]:
    """Gives what is worth knowing of a message, beside its words."""
    segments = "1 segment" if made.segments == 1 else f"{made.segments} segments"
    return (
        f"to {made.to}" + (f" ({made.country})" if made.country else ""),
        f"from {made.sender_name} ({made.sender.value})",
        "MMS" if made.kind == "mms" else segments,
        str(made.encoding),
        f"{made.characters} characters",
        estimate(one.cost),
    )


def estimate(cost: Cost | None) -> str:
    """Gives what a message costs, in words."""
    return f"about {cost.amount.normalize():f} {cost.currency}" if cost is not None else "cost unknown"


def _write(folder: Path, made: Sequence[Preview]) -> Path:
    from engine.cli.preview_page import page

    target = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(page(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}", hint="give --html a folder of yours"
        ) from error
    return target
