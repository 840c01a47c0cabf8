"""engine inbound: texts that came in, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.names import complete_workspace
from engine.cli.output import format_option, print_ndjson, print_table

if TYPE_CHECKING:
    from engine.store import Store
    from engine.texts import Text
    from engine.webhooks import CallRecord

LAST = 50
"""How many the text form shows."""

PAGE = 500
COLUMNS = ("at", "from", "to", "body", "rule", "because", "then")


@click.command()
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option("--from", "from_number", metavar="NUMBER", help="Only those from this number; needs --workspace.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N. Text shows the last 50.")
@format_option("ndjson")
@pass_app
def command(app: App, workspace: str | None, from_number: str | None, limit: int | None, format_: str) -> None:
    """List texts that came in, oldest first: the rule that each met, why, and what came of it.

    \b
    Example:
      engine inbound --workspace acme
      engine inbound -w acme --from "+14155550123" --format ndjson | jq -r .because
    """
    import json

    from engine.cli.audience import configured, number_of
    from engine.errors import UsageError

    store = app.store(read_only=True)
    if from_number is not None and workspace is None:
        raise UsageError("--from needs the workspace that was texted", hint="add --workspace")
    if workspace is not None and next(iter(store.texts(workspace=workspace, newest=1)), None) is None:
        configured(app, workspace)
    number = None
    if from_number is not None and workspace is not None:
        number = number_of(app, configured(app, workspace).settings, from_number)
    newest = limit if format_ != "text" else limit or LAST
    rows = _with_calls(store, store.texts(workspace=workspace, number=number, newest=newest))
    if format_ == "ndjson":
        print_ndjson(as_json(text, calls) for text, calls in rows)
    elif format_ == "json":
        # Written as it is read: all the texts of a year need not fit into memory.
        click.echo('{"version": 1, "texts": [', nl=False)
        for place, (text, calls) in enumerate(rows):
            click.echo((",\n" if place else "\n") + json.dumps(as_json(text, calls), ensure_ascii=False), nl=False)
        click.echo("]}")
    else:
        print_table(COLUMNS, (_row(text, calls) for text, calls in rows), empty="no texts")


def as_json(text: Text, calls: Iterable[CallRecord]) -> dict[str, Any]:
    """Gives a text as the contract prints it."""
    from engine.cli.webhooks import as_json as call_as_json

    return {
        "workspace": text.workspace,
        "id": text.provider_id,
        "at": text.at.isoformat(),
        "from": text.number,
        "to": text.to,
        "body": text.body,
        "media": list(text.media),
        "rule": text.outcome.get("rule"),
        "keyword": text.outcome.get("keyword"),
        "because": text.outcome.get("because"),
        "consent": text.outcome.get("consent"),
        "review": text.outcome.get("review"),
        "event": text.outcome.get("emit"),
        "set": text.outcome.get("set", {}),
        "reply": text.reply,
        "unanswered": text.outcome.get("unanswered"),
        "started": text.started,
        "calls": [call_as_json(call) for call in calls],
    }


def _with_calls(store: Store, texts: Iterator[Text]) -> Iterator[tuple[Text, list[CallRecord]]]:
    while page := list(islice(texts, PAGE)):
        of: dict[tuple[str, str], list[CallRecord]] = {}
        for call in store.calls_of([(text.workspace, text.provider_id) for text in page if "call" in text.outcome]):
            of.setdefault((call.workspace, call.text), []).append(call)
        yield from ((text, of.get((text.workspace, text.provider_id), [])) for text in page)


def _row(text: Text, calls: list[CallRecord]) -> tuple[object, ...]:
    media = f" [{len(text.media)} media]" if text.media else ""
    return (
        text.at.strftime("%Y-%m-%d %H:%M:%S"),
        text.number or "(erased)",
        text.to,
        f"{text.body or ''}{media}",
        text.outcome.get("rule") or "none",
        text.outcome.get("because"),
        ", ".join(_then(text, calls)) or "nothing",
    )


def _then(text: Text, calls: list[CallRecord]) -> Iterator[str]:
    """Gives what came of a text, in words."""
    outcome = text.outcome
    if text.reply:
        yield f"reply {text.reply}"
    elif "unanswered" in outcome:
        yield f"no reply: {outcome['unanswered']}"
    if "consent" in outcome:
        yield f"consent {outcome['consent']}"
    if "review" in outcome:
        yield "held for review"
    if "set" in outcome:
        yield f"set {' '.join(outcome['set'])}"
    if "emit" in outcome:
        yield f"event {outcome['emit']}"
    if "start" in outcome:
        yield f"started {text.started}" if text.started else f"did not start {outcome['start']}"
    for call in calls:
        yield f"call of {call.webhook} {call.state}"
