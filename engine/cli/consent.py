"""engine consent: what a number agreed to, and the operator's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.audience import configured, number_of
from engine.cli.consent_export import as_json
from engine.cli.consent_export import command as export
from engine.cli.consent_review import command as review
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json, print_table
from engine.errors import UsageError
from engine.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.types import ConsentState

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


def _entry(note: str) -> Callable[[F], F]:
    """Takes what an entry of the ledger says; `note` is the help of --note."""

    def take(function: F) -> F:
        topic = click.option("--topic", metavar="T", help="Only of this topic. Default: of all messages.")
        return _options(click.option("--note", default="", metavar="TEXT", help=note)(topic(function)))

    return take


@click.group()
def command() -> None:
    """Show and change a number's consent, judge texts that may be a STOP, and export the ledger.

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
    topics, waiting = store.subscriptions(workspace, to), store.reviews(workspace=workspace, numbers=[to])
    if format_ == "json":
        entries = [as_json(entry) for entry in history]
        print_json(
            {
                "workspace": workspace,
                "number": to,
                "sender": sender,
                "state": str(state),
                "topics": [{"topic": one.topic, "state": str(one.state), "at": one.at.isoformat()} for one in topics],
                "reviews": len(waiting),
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
    for one in topics:
        click.echo(f"{one.topic}: {one.state} since {one.at:%Y-%m-%d %H:%M}")
    if waiting:
        click.echo(f"waits to be judged: {', '.join(repr(one.held.words) for one in waiting)}; no marketing until then")
    rows = [
        (e.at.isoformat(timespec="seconds"), e.state, e.source, e.sender or "all", e.topic, e.words, e.by, e.detail)
        for e in history
    ]
    if rows:
        print_table(("at", "state", "source", "sender", "topic", "words", "by", "detail"), rows)


@command.command()
@_entry("Why; kept in the ledger.")
@pass_app
def stop(app: App, /, **entry: Any) -> None:
    """Record that a number wants no more messages. It holds at once, also for what is queued.

    \b
    Example:
      engine consent stop "+14155550123" --workspace acme --note "asked by phone"
    """
    from engine.types import ConsentState

    _record(app, ConsentState.STOPPED, **entry)


@command.command()
@_entry("Where they agreed; kept in the ledger.")
@pass_app
def start(app: App, /, **entry: Any) -> None:
    """Record that a number agreed to messages.

    It also lifts a suppression: that the provider once said that the number cannot be reached.

    \b
    Example:
      engine consent start "+14155550123" --workspace acme --note "signed up at the till"
    """
    from engine.types import ConsentState

    _record(app, ConsentState.SUBSCRIBED, **entry)


def _record(
    app: App,
    state: ConsentState,
    *,
    number: str,
    workspace: str,
    sender: str | None,
    topic: str | None,
    note: str,
    format_: str,
) -> None:
    from engine.cli.who import operator
    from engine.types import Consent

    to = _meant(app, number, workspace, sender, topic)
    store, by = app.store(), operator(app.variables)
    entry = Consent(
        *(workspace, to, state, "operator", utc_now()), sender=sender or "", detail=note, topic=topic or "", by=by
    )
    store.record_consent([entry])
    now = state if topic else store.consent(workspace, to, sender=sender or "")
    if format_ == "json":
        print_json({"workspace": workspace, "number": to, "sender": sender, "topic": topic, "state": str(now)})
    else:
        click.echo(f"{to}: {now}" + (f" ({topic})" if topic else ""))


def _meant(app: App, number: str, workspace: str, sender: str | None, topic: str | None = None) -> str:
    """Gives the number in E.164, having made sure that workspace, sender and topic are there."""
    found = configured(app, workspace)
    if topic is not None and sender is not None:
        raise UsageError("a topic is the whole workspace's", hint="leave --sender out")
    if topic is not None and topic not in found.topics:
        raise UsageError(f"workspace {workspace!r} has no topic {topic!r}", hint=did_you_mean(topic, found.topics))
    if sender is not None and sender not in found.senders:
        raise UsageError(f"workspace {workspace!r} has no sender {sender!r}", hint=did_you_mean(sender, found.senders))
    return number_of(app, found.settings, number)


command.add_command(review)
command.add_command(export)
