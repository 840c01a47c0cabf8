"""engine links: who clicked what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.names import complete_template, complete_workspace
from engine.cli.output import format_option, print_json, print_table
from engine.clicks import ClickCounts

if TYPE_CHECKING:
    from datetime import datetime

    from engine.clicks import TemplateClicks

COLUMNS = ("template", "destination", "sent", "people", "clicks", "rate", "bots", "rate with bots", "first", "last")
ALL = "(all)"
ERASED = "(erased)"


@click.command()
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option("--template", "-t", help="Only this template's.", shell_complete=complete_template)
@click.option(
    "--destinations",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="Destinations of each template, the most clicked first.",
)
@format_option("csv")
@pass_app
def command(app: App, workspace: str | None, template: str | None, destinations: int, format_: str) -> None:
    """Show how often the links of each template were clicked, with and without bots.

    A rate is messages clicked of messages sent. What looks like a machine's click is kept, and counted apart: `bots`
    says how many, `--format json` why. A destination is shown without its query, where what is one person's stands.

    \b
    Example:
      engine links --workspace acme
      engine links --template club/welcome --format csv
    """
    from engine.cli.audience import configured

    store = app.store(read_only=True)
    found = store.click_counts(workspace=workspace, template=template, destinations=destinations)
    if workspace is not None and not found:
        configured(app, workspace)
    if format_ == "json":
        print_json({"templates": [_as_json(one) for one in found]})
    elif format_ == "csv":
        _print_csv(found)
    else:
        print_table(COLUMNS, _rows(found), empty="no links were sent")
        for one in found:
            if one.more:
                click.echo(f"{one.workspace}/{one.template}: {one.more} more destinations", err=True)


def _rows(found: Sequence[TemplateClicks]) -> Iterator[Sequence[object]]:
    """Gives a row for each template, and below it those of its destinations."""
    for one in found:
        for destination, counts in [
            (ALL, one.counts),
            *((d.destination or ERASED, d.counts) for d in one.destinations),
        ]:
            yield (
                f"{one.workspace}/{one.template}",
                destination,
                counts.sent,
                counts.people,
                counts.clicks,
                _percent(counts.rate),
                counts.bot_clicks,
                _percent(counts.rate_with_bots),
                _minute(counts.first),
                _minute(counts.last),
            )


def _as_json(one: TemplateClicks) -> dict[str, Any]:
    return {
        "workspace": one.workspace,
        "template": one.template,
        **_numbers(one.counts),
        "bots": {str(reason): count for reason, count in one.reasons.items()},
        "destinations": [{"destination": d.destination, **_numbers(d.counts)} for d in one.destinations],
        "more_destinations": one.more,
    }


def _numbers(counts: ClickCounts) -> dict[str, Any]:
    return {
        "sent": counts.sent,
        "clicks": counts.clicks,
        "people": counts.people,
        "clicked": counts.clicked,
        "rate": _rounded(counts.rate),
        "bot_clicks": counts.bot_clicks,
        "clicked_with_bots": counts.opened,
        "rate_with_bots": _rounded(counts.rate_with_bots),
        "first": counts.first.isoformat() if counts.first else None,
        "last": counts.last.isoformat() if counts.last else None,
    }


def _print_csv(found: Sequence[TemplateClicks]) -> None:
    """Prints a row for each destination; one without a destination is its template's as a whole."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["workspace", "template", "destination", *_numbers(ClickCounts())])
    for one in found:
        for destination, counts in [("", one.counts), *((d.destination or ERASED, d.counts) for d in one.destinations)]:
            writer.writerow([one.workspace, one.template, destination, *_numbers(counts).values()])
    click.echo(text.getvalue(), nl=False)


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1%}"


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 6)


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
