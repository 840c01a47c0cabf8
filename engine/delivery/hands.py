"""What every stage of the send loop shares: the store behind one thread, the clock, the crash points."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

from engine.errors import StateUnavailable
from engine.outbox import Change, Worker
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Clock, Event, Finding, MessageState

P = ParamSpec("P")
T = TypeVar("T")

Faults = Callable[[str], None]
"""Called with the name of each crash point as it is passed; does nothing in production."""

CANCEL_AGAIN = 1.0
"""Seconds after which a task that was cancelled and goes on is cancelled again."""

PAUSE = 0.5
"""Seconds between two tries of a state that is unavailable."""

Progress = Callable[[str, MessageState, str | None], None]
"""Called with a message's id, the state that it has just reached, and the reason."""

Advise = Callable[[str, Finding], None]
"""Called with a workspace and something that a person should know of its account."""


@dataclass(slots=True)
class Hands:
    """Handed to each stage. Store calls run one at a time on a thread of their own, so that a disk that
    takes its time never holds up what is on the wire."""

    store: Store
    plugins: Plugins
    worker: Worker
    clock: Clock
    faults: Faults
    progress: Progress
    advise: Advise
    patience: float = 0.0
    """Seconds to go on asking a state that is unavailable."""
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "store"))
    disk: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "disk"))
    """Waits for the disk, while the store's thread goes on."""

    @property
    def owner(self) -> str:
        """Who holds the leases."""
        return self.worker.owner

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the store on its thread and gives what it returned.

        A state that cannot be written is asked again until `patience` is over: a call is one transaction, fenced, and
        a disk that is full or a file that is locked may not be so in a moment. Raises StateUnavailable.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience
        while True:
            try:
                return await loop.run_in_executor(self.thread, partial(call, *args, **kwargs))
            except StateUnavailable:
                if loop.time() >= end:
                    raise
                await asyncio.sleep(PAUSE)

    async def sync(self) -> None:
        """Waits until what the store has answered so far is on disk. Raises StateUnavailable, and is not to be called
        again then: a system that failed to write pages may take them for written the second time."""
        await asyncio.get_running_loop().run_in_executor(self.disk, self.store.sync)

    def close(self) -> None:
        """Ends the threads, when nothing is asked any more."""
        self.thread.shutdown()
        self.disk.shutdown()

    async def change(self, changes: Iterable[Change]) -> list[bool]:
        """Makes changes and tells who listens of those that held.

        None of them waits for the disk: should the machine fail and forget one, a claim's lease runs out, and a call
        whose outcome is unknown is a doubt, which look-ups settle. What must be on disk is the commit before a call.
        """
        wanted = list(changes)
        if not wanted:
            return []
        made = list(await self.ask(self.store.change, wanted, durable=False))
        for change, is_made in zip(wanted, made, strict=True):
            if is_made:
                self.tell(change.id, change.state, change.reason)
        return made

    def tell(self, message_id: str, state: MessageState, reason: str | None) -> None:
        """Tells the progress listener and the plugins that a message reached a state."""
        self.progress(message_id, state, reason)
        if self.plugins.observed():
            self.plugins.observe(message_event(message_id, state, reason, self.clock()))


def message_event(message_id: str, state: MessageState, reason: str | None, at: datetime) -> Event:
    """Gives what plugins are told of a message that has reached a state."""
    return Event(f"message.{state}", at, message_id=message_id, detail={"reason": reason} if reason else {})


async def batch(queue: asyncio.Queue[T], most: int, *, gather: float = 0.0) -> list[T]:
    """Waits for one item and gives it with all that wait behind it `gather` seconds later, `most` at the most."""
    items = [await queue.get()]
    if gather and queue.qsize() < most:
        await asyncio.sleep(gather)
    while len(items) < most and not queue.empty():
        items.append(queue.get_nowait())
    return items


async def cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits until each has ended, however it did.

    A task may lose a cancellation that comes just as what it waits for fails: it is cancelled again, until it ends.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN)
    for task in tasks:
        if not task.cancelled():
            task.exception()
