"""engine consent: what a number agreed to, and the operator's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.audience import configured, number_of
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json, print_table
from engine.errors import UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.types import Consent, ConsentState

    F = Callable[..., Any]


def _options(function: F) -> F:
    for option in (
        format_option(),
        click.option("--sender", metavar="S", help="Only for this sender. Default: for the whole workspace."),
        click.option("--workspace", "-w", required=True, help="The workspace that it was given to."),
        click.argument("number", metavar="NUMBER"),
    ):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Show and change a number's consent.

    \b
    Example:
      engine consent show "+14155550123" --workspace acme
    """


@command.command()
@_options
@pass_app
def show(app: App, number: str, workspace: str, sender: str | None, format_: str) -> None:
    """Show what a number agreed to, and everything that led there.

    \b
    Example:
      engine consent show "+14155550123" --workspace acme
    """
    to = _meant(app, number, workspace, sender)
    store = app.store(read_only=True)
    state, history = store.consent(workspace, to, sender=sender or ""), store.consent_history(workspace, to)
    useless = store.suppression(workspace, to)
    if format_ == "json":
        entries = [_as_json(entry) for entry in history]
        print_json(
            {
                "workspace": workspace,
                "number": to,
                "sender": sender,
                "state": str(state),
                "suppressed": None
                if useless is None
                else {"code": useless.code, "message": useless.message, "at": useless.at.isoformat()},
                "history": entries,
            }
        )
        return
    click.echo(f"{to}: {state}")
    if useless is not None:
        click.echo(f"suppressed since {useless.at:%Y-%m-%d %H:%M} by the provider: {useless.code}: {useless.message}")
    rows = [(e.at.isoformat(timespec="seconds"), e.state, e.source, e.sender or "all", e.detail) for e in history]
    if rows:
        print_table(("at", "state", "source", "sender", "detail"), rows)


@command.command()
@_options
@click.option("--note", default="", metavar="TEXT", help="Why; kept in the ledger.")
@pass_app
def stop(app: App, number: str, workspace: str, sender: str | None, note: str, format_: str) -> None:
    """Record that a number wants no more messages. It holds at once, also for what is queued.

    \b
    Example:
      engine consent stop "+14155550123" --workspace acme --note "asked by phone"
    """
    from engine.types import ConsentState

    _record(app, number, workspace, sender, ConsentState.STOPPED, note, format_)


@command.command()
@_options
@click.option("--note", default="", metavar="TEXT", help="Where they agreed; kept in the ledger.")
@pass_app
def start(app: App, number: str, workspace: str, sender: str | None, note: str, format_: str) -> None:
    """Record that a number agreed to messages.

    It also lifts a suppression: that the provider once said that the number cannot be reached.

    \b
    Example:
      engine consent start "+14155550123" --workspace acme --note "signed up at the till"
    """
    from engine.types import ConsentState

    _record(app, number, workspace, sender, ConsentState.SUBSCRIBED, note, format_)


def _record(
    app: App, number: str, workspace: str, sender: str | None, state: ConsentState, note: str, format_: str
) -> None:
    from engine.types import Consent

    to = _meant(app, number, workspace, sender)
    store = app.store()
    store.record_consent([Consent(workspace, to, state, "operator", utc_now(), sender=sender or "", detail=note)])
    now = store.consent(workspace, to, sender=sender or "")
    if format_ == "json":
        print_json({"workspace": workspace, "number": to, "sender": sender, "state": str(now)})
    else:
        click.echo(f"{to}: {now}")


def _meant(app: App, number: str, workspace: str, sender: str | None) -> str:
    """Gives the number in E.164, having made sure that workspace and sender are there."""
    found = configured(app, workspace)
    if sender is not None and sender not in found.senders:
        raise UsageError(f"workspace {workspace!r} has no sender {sender!r}", hint=did_you_mean(sender, found.senders))
    return number_of(app, found.settings, number)


def _as_json(entry: Consent) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "state": str(entry.state),
        "source": entry.source,
        "sender": entry.sender or None,
        "detail": entry.detail,
    }
