"""engine resume: lets go on what was paused, or what a breaker holds back."""

from __future__ import annotations

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json


@click.command()
@click.argument("scope")
@click.option("--why", default="", metavar="TEXT", help="Why; kept beside the pause.")
@format_option()
@pass_app
def command(app: App, scope: str, why: str, format_: str) -> None:
    """Let SCOPE go on: end its pause, and close the breaker that a provider's refusals opened.

    What waited for it is due at once. A pause of something else that the messages belong to stays.

    \b
    Example:
      engine resume acme/sender/support
    """
    from engine.cli.who import operator
    from engine.delivery.operating import must_know

    store, by = app.store(), operator(app.variables)
    must_know(store, scope)
    resumed = store.resume(scope, by=by, why=why, at=utc_now())
    within = [pause.scope for pause in store.pauses() if pause.scope.startswith(f"{scope}/")]
    if format_ == "json":
        print_json({"scope": scope, "resumed": resumed, "still_paused": within})
        return
    click.echo(f"{scope} goes on" if resumed else f"{scope} was not paused, and does not rest")
    for other in within:
        click.echo(f"still paused: {other}", err=True)
