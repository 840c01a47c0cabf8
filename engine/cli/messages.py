"""engine messages: the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_ndjson, print_table

if TYPE_CHECKING:
    from engine.outbox import MessageRecord

LAST = 50
"""How many the text form shows."""


@click.command()
@click.option("--state", "states", multiple=True, metavar="S", help="Only messages in this state; may be repeated.")
@click.option("--workspace", "-w", help="Only this workspace's.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N. Text shows the last 50.")
@format_option("ndjson")
@pass_app
def command(app: App, states: tuple[str, ...], workspace: str | None, limit: int | None, format_: str) -> None:
    """List the outbox, oldest first.

    \b
    Example:
      engine messages --workspace acme --state held
      engine messages --format ndjson | jq -r .body
    """
    import json

    from engine.cli.audience import configured
    from engine.errors import UsageError
    from engine.names import did_you_mean
    from engine.types import MessageState

    known = [str(state) for state in MessageState]
    for state in states:
        if state not in known:
            raise UsageError(f"there is no state {state!r}", hint=did_you_mean(state, known))
    store = app.store(read_only=True)
    if workspace is not None and next(iter(store.messages(workspace=workspace, newest=1)), None) is None:
        configured(app, workspace)
    newest = limit if format_ != "text" else limit or LAST
    records = store.messages(workspace=workspace, states=[MessageState(state) for state in states], newest=newest)
    if format_ == "ndjson":
        print_ndjson(as_json(record) for record in records)
    elif format_ == "json":
        # Written as it is read: an outbox of a million messages must not be held in memory.
        click.echo('{"version": 1, "messages": [', nl=False)
        for number, record in enumerate(records):
            click.echo((",\n" if number else "\n") + json.dumps(as_json(record), ensure_ascii=False), nl=False)
        click.echo("]}")
    else:
        columns = ("id", "state", "to", "from", "template", "segments", "body", "reason")
        rows = (
            (r.id, r.state, r.to, r.sender, f"{r.workspace}/{r.template}", r.segments, r.body, r.reason)
            for r in records
        )
        print_table(columns, rows, empty="no messages")


def as_json(record: MessageRecord) -> dict[str, Any]:
    """Gives a message as the contract prints it."""
    return {
        "id": record.id,
        "workspace": record.workspace,
        "template": record.template,
        "person": record.person,
        "to": record.to,
        "from": record.sender,
        "state": str(record.state),
        "reason": record.reason,
        "body": record.body,
        "media": list(record.media),
        "segments": record.segments,
        "encoding": record.encoding,
        "provider_id": record.provider_id,
        "attempts": record.attempts,
        "release": record.release,
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
    }
