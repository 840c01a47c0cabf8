"""engine webhooks: calls of webhooks, and the operator's hand on those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.names import complete_workspace
from engine.cli.output import format_option, print_json, print_ndjson, print_table
from engine.errors import UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from engine.webhooks import CallRecord

LAST = 50
"""How many the text form shows."""

STATES = ("pending", "delivered", "failed")
COLUMNS = ("id", "webhook", "state", "attempts", "next", "text", "reason")


@click.group()
def command() -> None:
    """Show the calls of webhooks, and make failed ones again.

    \b
    Example:
      engine webhooks list --state failed
    """


@command.command("list")
@click.option("--workspace", "-w", help="Only this workspace's.", shell_complete=complete_workspace)
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the newest N. Text shows the last 50.")
@format_option("ndjson")
@pass_app
def list_(app: App, workspace: str | None, states: tuple[str, ...], limit: int | None, format_: str) -> None:
    """List calls, oldest first. `engine run` makes them.

    \b
    Example:
      engine webhooks list --workspace acme --state failed
    """
    from engine.cli.audience import configured
    from engine.webhooks import CallState

    store = app.store(read_only=True)
    newest = limit if format_ != "text" else limit or LAST
    if workspace is not None and next(iter(store.calls(workspace=workspace, newest=1)), None) is None:
        configured(app, workspace)
    found = store.calls(workspace=workspace, states=[CallState(state) for state in states], newest=newest)
    gone = store.gone_webhooks()
    if format_ == "ndjson":
        print_ndjson(as_json(call) for call in found)
    elif format_ == "json":
        ended = [{"workspace": g.workspace, "webhook": g.webhook, "url": g.url, "at": g.at.isoformat()} for g in gone]
        print_json({"calls": [as_json(call) for call in found], "gone": ended})
    else:
        print_table(COLUMNS, (_row(call) for call in found), empty="no calls")
        for one in gone:
            click.echo(
                f"{one.workspace}/{one.webhook} answered 410 on {one.at:%Y-%m-%d %H:%M}: it is not called", err=True
            )


@command.command()
@click.argument("calls", nargs=-1, metavar="[CALL]...")
@click.option("--workspace", "-w", required=True, help="Whose they are.", shell_complete=complete_workspace)
@click.option("--webhook", metavar="NAME", help="All failed calls of this webhook.")
@format_option()
@pass_app
def retry(app: App, calls: tuple[str, ...], workspace: str, webhook: str | None, format_: str) -> None:
    """Make failed calls again, from their first attempt on. One that answered 410 is called again, too.

    \b
    Example:
      engine webhooks retry --workspace acme --webhook crm
    """
    from engine.cli.audience import configured
    from engine.webhooks import CallState

    if bool(calls) == (webhook is not None):
        raise UsageError("say which calls: their ids, or --webhook NAME for all that failed")
    store = app.store()
    failed = {call.id for call in store.calls(workspace=workspace, states=[CallState.FAILED])} if calls else set()
    for call in calls:
        if call not in failed:
            raise UsageError(f"there is no failed call {call!r}", hint=did_you_mean(call, failed))
    webhooks = configured(app, workspace).settings.webhooks
    if webhook is not None and webhook not in webhooks:
        raise UsageError(f"workspace {workspace!r} has no webhook {webhook!r}", hint=did_you_mean(webhook, webhooks))
    count = store.retry_calls(workspace, webhook=webhook, ids=calls, at=utc_now())
    if format_ == "json":
        print_json({"retried": count})
    else:
        click.echo(f"{count} call{'' if count == 1 else 's'} to be made again by `engine run`")


def as_json(call: CallRecord) -> dict[str, Any]:
    """Gives a call as the contract prints it."""
    return {
        "id": call.id,
        "workspace": call.workspace,
        "webhook": call.webhook,
        "text": call.text,
        "state": str(call.state),
        "attempts": call.attempts,
        "reason": call.reason,
        "due_at": call.due_at.isoformat() if call.state == "pending" else None,
        "created_at": call.created_at.isoformat(),
        "updated_at": call.updated_at.isoformat(),
    }


def _row(call: CallRecord) -> tuple[object, ...]:
    due = call.due_at.strftime("%Y-%m-%d %H:%M:%S") if call.state == "pending" else ""
    return call.id, f"{call.workspace}/{call.webhook}", call.state, call.attempts, due, call.text, call.reason
