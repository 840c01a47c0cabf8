"""engine pause: keeps the messages of a workspace, a sender or a template back."""

from __future__ import annotations

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json


@click.command()
@click.argument("scope")
@click.option("--why", required=True, metavar="TEXT", help="Why; `status` and `explain` show it.")
@format_option()
@pass_app
def command(app: App, scope: str, why: str, format_: str) -> None:
    """Keep the messages of SCOPE back: a workspace, a sender or a template.

    Once it returns nothing more of SCOPE goes out; what is on the wire already is not called back.

    \b
    Example:
      engine pause acme --why "wrong prices in the catalogue"
      engine pause acme/sender/support --why "carrier asks for it"
      engine pause acme/template/club/welcome --why "typo"
    """
    from engine.cli.who import operator
    from engine.delivery.operating import must_know

    store, by, now = app.store(), operator(app.variables), utc_now()
    must_know(store, scope)
    store.pause(scope, by=by, why=why, at=now)
    if format_ == "json":
        print_json({"scope": scope, "paused": True, "by": by, "why": why, "at": now.isoformat()})
    else:
        click.echo(f"{scope} is paused; `engine resume {scope}` lets it go on")
