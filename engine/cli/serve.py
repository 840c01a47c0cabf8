"""engine serve: webhooks, short links and plugins' pages."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.web.front import Front


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0: any.")
@pass_app
def command(app: App, host: str, port: int) -> None:
    """Answer webhooks, short links and plugins' pages, under the applied release.

    SIGTERM or Ctrl-C ends it when what was asked has been answered; a second one ends it at once.

    \b
    Example:
      engine serve
      engine serve --host 0.0.0.0 --port 8080
    """
    import asyncio

    import uvloop

    from engine.web.app import application
    from engine.web.server import Server, listen

    listening = listen(host, port)
    front = front_of(app)
    server = Server(application(front), listening, listens, front.closing)

    async def main() -> None:
        stop_on_signals(server.stop)
        await server.run_until_stopped()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def front_of(app: App) -> Front:
    """Gives what the web server stands on. Raises ConfigError, StateUnavailable."""
    from engine.config.people import sample_people
    from engine.web.front import Front

    return Front.of(
        app.store(),
        app.plugins(),
        app.plugin_context,
        utc_now,
        sample_people(app.config),
        reader=app.store(read_only=True),
        monotonic=time.monotonic,
    )


def listens(address: str) -> None:
    """Says where the server is reached on this machine."""
    click.echo(f"listening on {address}", err=True)


def stop_on_signals(stop: Callable[[], None]) -> None:
    """The first SIGTERM or SIGINT asks to end, the second ends the process at once."""
    import asyncio
    import os

    running = asyncio.get_running_loop()
    asked = False

    def ask() -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        click.echo("stopping; once more ends at once", err=True)
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, ask)
