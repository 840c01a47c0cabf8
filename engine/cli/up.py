"""engine up: apply, then the send loop and the web server in one process."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option
from engine.cli.serve import HOST, PORT, serving
from engine.cli.stopping import stop_on_signals
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.delivery.loop import Result, SendLoop
    from engine.store import Store
    from engine.web.server import Server


@click.command()
@click.option("--yes", is_flag=True, help="Apply without asking; needed where there is no terminal.")
@click.option("--no-refresh", is_flag=True, help="Do not ask the providers which senders they have.")
@HOST
@PORT
@format_option()
@pass_app
def command(app: App, yes: bool, no_refresh: bool, host: str, port: int, format_: str) -> int:
    """Make the config live, then deliver messages and answer webhooks, short links and pages, in one process.

    It is `engine apply`, `engine run` and `engine serve` together: the plan is shown and asked about first. Where there
    is nothing to change it starts at once.

    SIGTERM or Ctrl-C ends it when what is under way is done; a second one ends it at once.

    \b
    Example:
      engine up
      engine up --yes --port 8080
    """
    from engine.cli.apply import make_live, report
    from engine.web.server import listen

    if not yes and not sys.stdin.isatty():
        raise UsageError("up asks before it changes anything, and there is no terminal to ask on", hint="add --yes")
    listening = listen(host, port)
    open_store = cache(app.store)
    applied = make_live(app, open_store, yes=yes, no_refresh=no_refresh)
    if applied is None:
        listening.close()
        click.echo("nothing was changed, and nothing was started", err=True)
        return exit_codes.FINE
    report(applied, "text")
    store = open_store()
    with serving(app, store, listening, as_json=format_ == "json") as server:
        result = _run(app, store, server)
    for lane, why in sorted(result.refused.items()):
        click.echo(f"{lane} rests: {why}", err=True)
    return exit_codes.OUTSIDE if result.credentials_refused else exit_codes.FINE


def _run(app: App, store: Store, server: Server) -> Result:
    import asyncio

    import uvloop

    from engine.cli.collector import settle_in
    from engine.cli.crash import crash_hook
    from engine.cli.run import advise, silence, worker
    from engine.delivery.hands import Hands
    from engine.delivery.live import Live
    from engine.delivery.loop import SendLoop

    plugins = app.plugins()
    hands = Hands(
        store=store,
        plugins=plugins,
        worker=worker(),
        clock=utc_now,
        faults=crash_hook(app.variables),
        progress=silence,
        advise=advise,
    )

    async def main() -> Result:
        settle_in()
        loop = SendLoop(hands, Live(store, plugins, app.plugin_context))
        stop_on_signals(lambda: _stop(loop, server))
        return await _both(loop, server)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


async def _both(loop: SendLoop, server: Server) -> Result:
    """Runs both until told to stop; where one of them breaks, the other ends in good order."""
    import asyncio

    sending = asyncio.ensure_future(loop.run(drain=False))
    serving = asyncio.ensure_future(server.run_until_stopped())
    await asyncio.wait({sending, serving}, return_when=asyncio.FIRST_COMPLETED)
    _stop(loop, server)
    await asyncio.wait({sending, serving})
    await serving
    return await sending


def _stop(loop: SendLoop, server: Server) -> None:
    server.stop()
    loop.stop()
