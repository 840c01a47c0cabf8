"""engine serve: webhooks, short links and plugins' pages."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option
from engine.cli.stopping import stop_on_signals

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from engine.store import Store
    from engine.web.front import Front
    from engine.web.server import Server

HOST = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
PORT = click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0: any that is free."
)


@click.command()
@HOST
@PORT
@format_option()
@pass_app
def command(app: App, host: str, port: int, format_: str) -> None:
    """Answer webhooks, short links and plugins' pages, under the applied release.

    Each request is a line on standard error, without anybody's number; with `--format json`, as JSON. Redirects are
    none: `engine links` counts them. What webhooks have missed is asked for at the start and every five minutes.

    SIGTERM or Ctrl-C ends it when what was asked has been answered; a second one ends it at once.

    \b
    Example:
      engine serve
      engine serve --host 0.0.0.0 --port 8080 --format json
    """
    import asyncio

    import uvloop

    from engine.cli.collector import settle_in
    from engine.web.server import listen

    with serving(app, app.store(), listen(host, port), as_json=format_ == "json") as server:

        async def main() -> None:
            stop_on_signals(server.stop)
            settle_in()
            await server.run_until_stopped()

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())


@contextmanager
def serving(app: App, store: Store, listening: socket.socket, *, as_json: bool) -> Iterator[Server]:
    """Gives the web server of a state, and logs while it is used. Raises ConfigError, StateUnavailable."""
    from engine.cli.logs import AccessLines, log_to_stderr
    from engine.web.app import application
    from engine.web.server import Server

    front = front_of(app, store)
    log_to_stderr(front.context("log").random(16), as_json=as_json)
    pages = front.plugins.register_routes(front.site)
    doors = [route.path for route in pages if route.path.count("/") == 1 and "{" not in route.path]
    lines = AccessLines(as_json=as_json)
    started = partial(listens, front, doors, as_json=as_json)
    try:
        yield Server(application(front, pages, log=lines), listening, started, front.closing)
    finally:
        lines.close()


def front_of(app: App, store: Store) -> Front:
    """Gives what the web server stands on. Raises ConfigError, StateUnavailable."""
    from engine.config.people import sample_people
    from engine.web.front import Front

    return Front.of(
        store,
        app.plugins(),
        app.plugin_context,
        utc_now,
        sample_people(app.config),
        reader=app.store(read_only=True),
        monotonic=time.monotonic,
    )


def listens(front: Front, doors: Sequence[str], address: str, *, as_json: bool) -> None:
    """Says where the server and plugins' pages are reached on this machine, and where providers are to bring texts."""
    from engine.cli.logs import as_json as json_line

    pages = [f"{address}{door}" for door in doors]
    inbound = front.inbound_addresses()
    if as_json:
        click.echo(json_line({"listening": address, "pages": pages, "inbound": inbound}), err=True)
        return
    click.echo(f"listening on {address}", err=True)
    for page in pages:
        click.echo(f"page {page}", err=True)
    for url in inbound:
        click.echo(f"texts are to be sent to {url}", err=True)
