"""engine consent review: texts that may take consent back, and a person's judgement of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.audience import configured, number_of
from engine.cli.context import App, pass_app, utc_now
from engine.cli.names import complete_workspace
from engine.cli.output import format_option, print_json, print_table
from engine.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ledger import Review


@click.command("review")
@click.argument("number", metavar="[NUMBER]", required=False)
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option(
    "--as", "as_", type=click.Choice(["stop", "none"]), help="What the texts of NUMBER are: a STOP, or nothing of it."
)
@format_option()
@pass_app
def command(app: App, number: str | None, workspace: str | None, as_: str | None, format_: str) -> None:
    """List texts that may be a STOP and are no certain one, or judge those of NUMBER.

    While one waits, no marketing goes to its number. Judged a stop, it holds as one from then on, and is not confirmed
    to the number; judged none, everything is as before. The ledger keeps who judged.

    \b
    Example:
      engine consent review
      engine consent review "+14155550123" --workspace acme --as stop
    """
    if as_ is not None and number is None:
        raise UsageError("--as needs a number", hint="list the texts with `engine consent review`")
    if number is not None and workspace is None:
        raise UsageError("a number needs --workspace", hint="numbers are read in the workspace's country")
    to = number_of(app, configured(app, workspace).settings, number) if number and workspace else None
    if workspace is None or to is None or as_ is None:
        store = app.store(read_only=True)
        reviews = store.reviews(workspace=workspace, numbers=[to] if to else ())
        if workspace is not None and not reviews:
            configured(app, workspace)
        _print(reviews, format_)
        return
    from engine.cli.who import operator

    settled = app.store().settle_reviews(workspace, to, stop=as_ == "stop", by=operator(app.variables), at=utc_now())
    if not settled:
        raise UsageError(f"no text of {to} waits to be judged", hint="list them with `engine consent review`")
    if format_ == "json":
        print_json({"workspace": workspace, "number": to, "as": as_, "settled": [_as_json(one) for one in settled]})
    else:
        texts = "1 text" if len(settled) == 1 else f"{len(settled)} texts"
        click.echo(f"{to}: {texts} judged {as_}")


def _print(reviews: Sequence[Review], format_: str) -> None:
    if format_ == "json":
        print_json({"reviews": [_as_json(review) for review in reviews]})
        return
    rows = (
        (h.number, h.workspace, h.at.isoformat(timespec="seconds"), h.sender or "all", h.words)
        for h in (review.held for review in reviews)
    )
    print_table(("number", "workspace", "at", "sender", "words"), rows, empty="no text waits to be judged")


def _as_json(review: Review) -> dict[str, Any]:
    from engine.cli.consent_export import as_json

    return {key: value for key, value in as_json(review.held).items() if key not in ("state", "source", "topic")}
