"""engine run: the send loop."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json, print_ndjson
from engine.cli.stopping import stop_on_signals

if TYPE_CHECKING:
    from engine.outbox import Worker
    from engine.types import Finding, MessageState


@click.command()
@click.option("--drain", is_flag=True, help="End when every message is settled or waits for a later time or a person.")
@format_option("ndjson")
@pass_app
def command(app: App, drain: bool, format_: str) -> int:
    """Run the send loop: deliver what is queued, each message once.

    On a terminal a table shows how each sender fares, in a pipe a line a minute on standard error. `--format ndjson`
    prints each change of a message as it happens, and the states at the end.

    SIGTERM or Ctrl-C ends it when what is on the wire has been answered (35 s at most); a second one ends it at once.

    \b
    Example:
      engine run             # until stopped
      engine run --drain     # until there is nothing left to do
    """
    import asyncio

    import uvloop

    from engine.cli.collector import settle_in
    from engine.cli.crash import crash_hook
    from engine.cli.progress import watching
    from engine.delivery.hands import Hands
    from engine.delivery.helper import Helper
    from engine.delivery.live import Live
    from engine.delivery.loop import Result, SendLoop
    from engine.web.inbound_poller import polling

    plugins = app.plugins()

    def live_of_helper() -> Live:
        settle_in()
        return Live(app.store(read_only=True), plugins, app.plugin_context)

    # Before the state is opened here: a connection to SQLite must not be carried across a fork.
    helper = Helper.fork(live_of_helper, plugins, utc_now)
    store = app.store()
    stream = format_ == "ndjson"
    hands = Hands(
        store=store,
        plugins=plugins,
        worker=worker(),
        clock=utc_now,
        faults=crash_hook(app.variables),
        progress=print_event if stream else silence,
        advise=advise,
    )

    async def main() -> Result:
        live = Live(store, plugins, app.plugin_context)
        live.refresh()
        settle_in()
        loop = SendLoop(hands, live, helper=helper)
        stop_on_signals(loop.stop)
        if drain:
            return await loop.run(drain=True)
        async with polling(store, plugins, live, utc_now):
            return await loop.run(drain=False)

    with watching(partial(app.store, read_only=True)), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(main())
    states = {str(state): count for state, count in sorted(store.count_states().items())}
    if stream:
        print_ndjson([{"version": 1, "states": states}])
    elif format_ == "json":
        print_json({"states": states})
    else:
        click.echo(", ".join(f"{count} {state}" for state, count in states.items()) or "no messages")
    for lane, why in sorted(result.refused.items()):
        click.echo(f"{lane} rests: {why}", err=True)
    return exit_codes.OUTSIDE if result.credentials_refused else exit_codes.FINE


def print_event(message_id: str, state: MessageState, reason: str | None) -> None:
    """Prints a change of a message as one line of JSON, at once."""
    at = utc_now().isoformat()
    print_ndjson([{"version": 1, "at": at, "message": message_id, "state": str(state), "reason": reason}])


def silence(_message_id: str, _state: MessageState, _reason: str | None) -> None:
    """What is shown comes from the state."""


def advise(workspace: str, finding: Finding) -> None:
    """Prints something that a person should know of a workspace's account."""
    from engine.cli.output import finding_line

    click.echo(f"{workspace}: {finding_line(finding)}", err=True)


def worker() -> Worker:
    """This process, as other workers see it."""
    import os
    import secrets
    import socket

    from engine.outbox import Worker

    host, pid, now = socket.gethostname(), os.getpid(), utc_now()
    return Worker(f"{host}:{pid}:{secrets.token_hex(4)}", host, pid, now, now)
