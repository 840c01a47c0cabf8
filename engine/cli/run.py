"""engine run: the send loop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app, utc_now
from engine.cli.output import format_option, print_json

if TYPE_CHECKING:
    from engine.delivery.hands import Progress as ReportProgress
    from engine.delivery.loop import SendLoop
    from engine.store import Store, Worker
    from engine.types import Finding, MessageState


@click.command()
@click.option("--drain", is_flag=True, help="End when every message is settled or waits for a later time or a person.")
@format_option()
@pass_app
def command(app: App, drain: bool, format_: str) -> int:
    """Run the send loop: deliver what is queued, each message once.

    SIGTERM or Ctrl-C ends it when what is on the wire has been answered (35 s at most); a second one ends it at once.

    \b
    Example:
      engine run             # until stopped
      engine run --drain     # until there is nothing left to do
    """
    import asyncio

    from engine.cli.crash import crash_hook
    from engine.delivery.hands import Hands
    from engine.delivery.live import Live
    from engine.delivery.loop import Result, SendLoop

    plugins = app.plugins()
    store = app.store()
    with progress_bar(store) as progress:
        hands = Hands(
            store=store,
            plugins=plugins,
            worker=worker(),
            clock=utc_now,
            faults=crash_hook(app.variables),
            progress=progress,
            advise=advise,
        )

        async def main() -> Result:
            loop = SendLoop(hands, Live(store, plugins, app.plugin_context))
            stop_on_signals(loop)
            return await loop.run(drain=drain)

        result = asyncio.run(main())
    states = {str(state): count for state, count in sorted(store.count_states().items())}
    if format_ == "json":
        print_json({"states": states})
    else:
        click.echo(", ".join(f"{count} {state}" for state, count in states.items()) or "no messages")
    for lane, why in sorted(result.refused.items()):
        click.echo(f"{lane} rests: {why}", err=True)
    return exit_codes.OUTSIDE if result.credentials_refused else exit_codes.FINE


def advise(workspace: str, finding: Finding) -> None:
    """Prints something that a person should know of a workspace's account."""
    from engine.cli.output import finding_line

    click.echo(f"{workspace}: {finding_line(finding)}", err=True)


def worker() -> Worker:
    """This process, as other workers see it."""
    import os
    import secrets
    import socket

    from engine.store import Worker

    host, pid, now = socket.gethostname(), os.getpid(), utc_now()
    return Worker(f"{host}:{pid}:{secrets.token_hex(4)}", host, pid, now, now)


def stop_on_signals(loop: SendLoop) -> None:
    """The first SIGTERM or SIGINT asks the loop to end, the second ends the process at once."""
    import asyncio
    import os

    running = asyncio.get_running_loop()
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        click.echo("stopping: waiting for what is on the wire; once more ends at once", err=True)
        loop.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop)


def progress_bar(store: Store) -> AbstractContextManager[ReportProgress]:
    """A bar of settled messages on a terminal; silence in a pipe."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _state, _count: None)
    return _bar(store)


def _bar(store: Store) -> AbstractContextManager[ReportProgress]:
    from contextlib import contextmanager

    from engine.types import MessageState

    open_states = {
        MessageState.QUEUED,
        MessageState.CLAIMED,
        MessageState.SENDING,
        MessageState.RETRY_WAIT,
        MessageState.IN_DOUBT,
    }
    settled_states = {
        MessageState.ACCEPTED,
        MessageState.REJECTED,
        MessageState.SUPPRESSED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
        MessageState.HELD,
    }

    @contextmanager
    def bar() -> Iterator[ReportProgress]:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from engine.cli.output import console

        total = sum(count for state, count in store.count_states().items() if state in open_states)
        columns = (
            TextColumn("sending"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[what]}"),
        )
        with Progress(*columns, console=console(stderr=True), transient=True) as shown:
            task = shown.add_task("sending", total=total or None, what="")
            seen: dict[str, int] = {}

            def progress(state: MessageState, count: int) -> None:
                seen[state] = seen.get(state, 0) + count
                if state in settled_states or state is MessageState.FAILED:
                    shown.advance(task, count)
                shown.update(task, what=" ".join(f"{n} {s}" for s, n in sorted(seen.items()) if s != "sending"))

            yield progress

    return bar()
