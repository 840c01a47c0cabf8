"""How a command that runs until it is told to stop is told."""

from __future__ import annotations

import select
import signal
import sys
from collections.abc import Callable

import click


def stop_on_signals(stop: Callable[[], None]) -> None:
    """The first SIGTERM or SIGINT asks to end, the second ends the process at once. Called within the event loop."""
    import asyncio
    import os

    running = asyncio.get_running_loop()
    asked = False

    def ask() -> None:
        nonlocal asked
        if asked:
            os._exit(130)
        asked = True
        stop()
        # A log that nobody reads any more must not hold up the end.
        if select.select([], [sys.stderr], [], 0)[1]:
            click.echo("stopping: waiting for what is under way; once more ends at once", err=True)

    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, ask)
