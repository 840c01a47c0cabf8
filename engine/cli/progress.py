"""What `engine run` shows while it runs: a table on a terminal, a line a minute in a pipe."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from engine.errors import StateUnavailable
from engine.types import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from engine.store import Store

QUEUED = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.RETRY_WAIT)
ON_THE_WIRE = (MessageState.SENDING,)
ACCEPTED = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)
FAILED = (MessageState.REJECTED, MessageState.FAILED, MessageState.UNDELIVERED)
HELD = (MessageState.HELD, MessageState.IN_DOUBT)
COLUMNS = ("sender", "queued", "on the wire", "a second", "accepted", "failed", "held", "left")

TICK = 1.0
"""Seconds between two looks on a terminal."""
MINUTE = 60.0
"""Seconds between two lines in a pipe."""
SHARE = 20
"""A look waits at least this many times as long as the one before it took: counting a million must not slow sending."""
REMEMBERED = 15.0
"""Seconds over which the rate is measured on a terminal."""

Counts = Mapping[MessageState, int]


@dataclass(slots=True)
class Progress:
    """How far each sender is, from one look to the next. Time is monotonic seconds, given by the caller."""

    remembered: float = REMEMBERED
    _looks: deque[tuple[float, dict[str, int]]] = field(default_factory=deque)

    def rows(self, lanes: Mapping[str, Counts], now: float) -> list[tuple[str, ...]]:
        """Gives a row of COLUMNS for each sender that has had messages."""
        through = {lane: _sum(counts, ACCEPTED + FAILED + HELD) for lane, counts in lanes.items()}
        while len(self._looks) > 1 and self._looks[1][0] <= now - self.remembered:
            self._looks.popleft()
        began, before = self._looks[0] if self._looks else (now, through)
        self._looks.append((now, through))
        rows = []
        for lane, counts in sorted(lanes.items()):
            went = through[lane] - before.get(lane, 0)
            rate = max(0, went) / (now - began) if now > began else 0.0
            waiting = _sum(counts, QUEUED) + _sum(counts, ON_THE_WIRE)
            figures = (_sum(counts, ACCEPTED), _sum(counts, FAILED), _sum(counts, HELD))
            rows.append(
                (
                    lane,
                    f"{_sum(counts, QUEUED):,}",
                    f"{_sum(counts, ON_THE_WIRE):,}",
                    f"{rate:,.1f}" if rate < 10 else f"{rate:,.0f}",
                    *(f"{figure:,}" for figure in figures),
                    _left(waiting, rate),
                )
            )
        return rows


@contextmanager
def watching(open_store: Callable[[], Store]) -> Iterator[None]:
    """Shows how the run goes until it ends: on stderr, so that standard output stays the command's own. It looks at
    the state itself, through a reader of its own, and so sees what other workers do as well."""
    over = threading.Event()
    show = _table if sys.stderr.isatty() else _lines
    store = open_store()
    watcher = threading.Thread(target=show, args=(store, over), name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def line(row: tuple[str, ...]) -> str:
    """Gives a row as one line of text."""
    sender, *figures, left = row
    names = ("queued", "on the wire", "a second", "accepted", "failed", "held")
    said = ", ".join(f"{figure} {name}" for figure, name in zip(figures, names, strict=True))
    return f"{sender}: {said}" + (f", {left} left" if left else "")


def _table(store: Store, over: threading.Event) -> None:
    from rich.live import Live

    from engine.cli.output import console

    progress, wait = Progress(), 0.0
    with Live(console=console(stderr=True), transient=True, auto_refresh=False) as live:
        while not over.wait(wait):
            rows, wait = _look(store, progress, TICK)
            live.update(_rendered(rows), refresh=True)


def _lines(store: Store, over: threading.Event) -> None:
    progress = Progress(remembered=MINUTE)
    _, wait = _look(store, progress, MINUTE)
    while not over.wait(wait):
        rows, wait = _look(store, progress, MINUTE)
        for row in rows:
            click.echo(line(row), err=True)


def _look(store: Store, progress: Progress, every: float) -> tuple[list[tuple[str, ...]], float]:
    """Gives the rows, and the seconds until the next look."""
    began = time.monotonic()
    try:
        rows = progress.rows(store.count_lanes(), began)
    except StateUnavailable:
        # The loop says so itself where it lasts.
        return [], every
    return rows, max(every, SHARE * (time.monotonic() - began))


def _rendered(rows: list[tuple[str, ...]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "sender" else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _sum(counts: Counts, states: tuple[MessageState, ...]) -> int:
    return sum(counts.get(state, 0) for state in states)


def _left(waiting: int, rate: float) -> str:
    """Gives how long it will take at this rate, in the largest fitting unit."""
    if not waiting or not rate:
        return ""
    seconds = waiting / rate
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1.0, seconds):.0f} s"
