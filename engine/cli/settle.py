"""engine settle: an operator's word on a held message."""

from __future__ import annotations

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json


@click.command()
@click.argument("message")
@click.option("--as", "verdict", type=click.Choice(["sent", "not-sent"]), required=True, help="What you found out.")
@format_option()
@pass_app
def command(app: App, message: str, verdict: str, format_: str) -> None:
    """Say what became of a held message: sent, or not sent and so to be sent.

    A message is held when nobody could find out whether the provider took it. Look at the provider's own log first.

    \b
    Example:
      engine settle msg_01h8 --as sent
    """
    from engine.cli.who import operator
    from engine.delivery.settling import Verdict, settle

    state = settle(app.store(), message, Verdict(verdict), by=operator(app.variables), now=utc_now())
    if format_ == "json":
        print_json({"message": message, "state": str(state)})
    else:
        click.echo(f"{message} is now {state}")
