"""engine cancel: takes back messages that have not left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.names import complete_template, complete_workspace
from engine.cli.output import format_option, print_json
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.stops import Cancelled, Which
    from engine.store import Store

MANY = 10
"""Messages from which on a person is asked."""


@click.command()
@click.argument("messages", nargs=-1, metavar="[MESSAGE]...")
@click.option("--workspace", "-w", shell_complete=complete_workspace, help="All that wait in this workspace.")
@click.option("--template", shell_complete=complete_template, metavar="T", help="Only this template's.")
@click.option("--key", metavar="K", help="Only those of `send --key K`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@format_option()
@pass_app
def command(
    app: App,
    messages: tuple[str, ...],
    workspace: str | None,
    template: str | None,
    key: str | None,
    yes: bool,
    format_: str,
) -> None:
    """Take messages back that wait, or that are held: they end cancelled.

    What is on the wire, in doubt or settled stays as it is. More than 10 are cancelled only after a question, or with
    --yes.

    \b
    Example:
      engine cancel msg_01h8
      engine cancel --workspace acme --template club/welcome
      engine cancel --workspace acme --key spring --yes
    """
    from engine.cli.who import operator
    from engine.delivery.operating import meant
    from engine.stops import Which

    if bool(messages) == (workspace is not None) or ((template or key) and workspace is None):
        raise UsageError("name messages, or a workspace", hint="engine cancel --help shows both")
    store = app.store()
    which = meant(store, Which(messages, workspace, template, key))
    if not yes:
        _ask(store, which)
    done = store.cancel(which, by=operator(app.variables), at=utc_now())
    if format_ == "json":
        print_json({"cancelled": done.cancelled, "left": {str(state): n for state, n in sorted(done.left.items())}})
    else:
        click.echo(_said(done))


def _ask(store: Store, which: Which) -> None:
    """Asks before many are cancelled. Raises UsageError where there is nobody to ask."""
    count = store.cancellable(which).cancelled
    if count <= MANY:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{count} messages would be cancelled", hint="add --yes to cancel them without a question")
    click.confirm(f"Cancel {count} messages?", abort=True, err=True)


def _said(done: Cancelled) -> str:
    left = ", ".join(f"{count} {state}" for state, count in sorted(done.left.items()))
    return f"{done.cancelled} cancelled" + (f"; stay as they are: {left}" if left else "")
