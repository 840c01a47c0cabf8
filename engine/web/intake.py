"""Takes in what comes in: each call on disk before its answer, many of them in one transaction.

One thread writes. Whatever came while it wrote is its next transaction: a quiet server commits each call alone, and a
busy one writes as many at once as have gathered, since a transaction costs as much as dozens of texts.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from engine.delivery.callbacks import record_status
from engine.delivery.hands import message_event
from engine.delivery.live import Live
from engine.errors import StateUnavailable
from engine.inbound.receive import Received, receive
from engine.plugins import Plugins
from engine.record import record
from engine.store import Store
from engine.types import Clock, Event, InboundMessage, MessageState, OutboundMessage, StatusUpdate
from engine.web.inline import IN_ANSWER, Inline
from engine.web.lines import Lines, OpenLine

logger = logging.getLogger("engine.web")
T = TypeVar("T")

TOGETHER = 256
"""Calls in one transaction at most."""

ROOM = 4096
"""Calls that wait at most; more are told to come again."""

PATIENCE = 10.0
"""Seconds that a call waits for its record. Twilio gives an answer 15 seconds, and then tries its fallback address.
What is recorded later all the same is found when the call is repeated, and done once."""


@record
class Recorded:
    """What became of a text (`received`) or of a status. `reply` is what stands in the answer to the call, where the
    workspace wants it there."""

    events: tuple[Event, ...]
    received: Received | None = None
    reply: OutboundMessage | None = None


@record
class _Job:
    work: Callable[[], Any] | None  # None: only look for a new release
    future: asyncio.Future[Any]
    until: float  # loop time at which whoever waits is sent away


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


class Intake:
    """The one door for whatever comes in. `lines` is what the live release makes of it."""

    def __init__(self, store: Store, plugins: Plugins, live: Live, clock: Clock, owner: str) -> None:
        self._store = store
        self._plugins = plugins
        self._live = live
        self._clock = clock
        self._inline = Inline(store, plugins, live, owner)
        self._waiting: list[_Job] = []
        self._writing: Sequence[_Job] = ()
        self._watch: asyncio.TimerHandle | None = None
        self._batches: SimpleQueue[tuple[asyncio.AbstractEventLoop, Sequence[_Job]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="intake")
        self.lines = Lines.of(live)
        self.patience = PATIENCE
        self.room = ROOM

    def start(self) -> None:
        """Begins to take in."""
        self._thread.start()

    def close(self) -> None:
        """Waits for what is being recorded."""
        self._batches.put(None)
        self._thread.join()

    async def text(self, workspace: str, message: InboundMessage) -> Received:
        """Records a text that came to a workspace, its reply to go out like any message. Raises UsageError for an
        unknown workspace, StateUnavailable."""
        return await self._do(partial(self._receive, workspace, message))

    async def call(self, workspace: str, said: Sequence[InboundMessage | StatusUpdate]) -> list[Recorded]:
        """Records what a provider's call says. Raises StateUnavailable."""
        return await self._do(partial(self._call, workspace, said))

    async def look(self) -> None:
        """Looks for a new release. Raises StateUnavailable."""
        await self._do(None)

    async def _do(self, work: Callable[[], T] | None) -> T:
        if len(self._waiting) >= self.room:
            raise StateUnavailable("more calls wait than the state can take")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Job(work, future, loop.time() + self.patience))
        if not self._writing and len(self._waiting) == 1:
            loop.call_soon(self._hand_over, loop)
        if self._watch is None:
            self._watch = loop.call_later(self.patience / 4, self._send_away, loop)
        return await future

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Gives the thread what has gathered."""
        self._writing, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        if self._writing:
            self._batches.put((loop, self._writing))

    def _deliver(self, loop: asyncio.AbstractEventLoop, outcomes: Sequence[Any]) -> None:
        for job, outcome in zip(self._writing, outcomes, strict=True):
            if job.future.done():
                continue  # whoever waited has gone
            if isinstance(outcome, _Failed):
                job.future.set_exception(outcome.error)
            else:
                job.future.set_result(outcome)
        self._hand_over(loop)

    def _send_away(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends the wait of whoever has waited for too long: one timer for all, as each wait is short."""
        jobs = [*self._writing, *self._waiting]
        for job in jobs:
            if job.until <= loop.time() and not job.future.done():
                job.future.set_exception(StateUnavailable("the state was not to be written for too long"))
        self._watch = loop.call_later(self.patience / 4, self._send_away, loop) if jobs else None

    # what runs on the thread

    def _write(self) -> None:
        while (batch := self._batches.get()) is not None:
            loop, jobs = batch
            try:
                self._refresh()
                outcomes = self._record([job.work for job in jobs])
            except Exception as error:
                if not isinstance(error, StateUnavailable):
                    logger.exception("what came in could not be recorded")
                outcomes = [_Failed(error)] * len(jobs)
            loop.call_soon_threadsafe(self._deliver, loop, outcomes)
            if self._plugins.observed():
                self._tell(outcomes)

    def _refresh(self) -> None:
        if self._live.refresh():
            self.lines = Lines.of(self._live)

    def _record(self, works: Sequence[Callable[[], Any] | None]) -> list[Any]:
        """Does each in a transaction that all of them share, and of which each is a part: one that fails takes back its
        own alone. A state that fails takes back everything."""
        outcomes: list[Any] = []
        if all(work is None for work in works):
            return [None] * len(works)
        with self._store.together():
            for work in works:
                try:
                    outcomes.append(work() if work is not None else None)
                except StateUnavailable:
                    raise
                except Exception as error:  # noqa: BLE001 # whoever waits for it is told
                    outcomes.append(_Failed(error))
        return outcomes

    def _receive(self, workspace: str, message: InboundMessage) -> Received:
        line = self.lines.of_workspace(workspace)
        return receive(self._store, line.line, message, now=self._clock(), router=line.router)

    def _call(self, workspace: str, said: Sequence[InboundMessage | StatusUpdate]) -> list[Recorded]:
        line = self.lines.of_workspace(workspace)
        with self._store.together() if len(said) > 1 else nullcontext():
            return [
                self._text(line, one) if isinstance(one, InboundMessage) else self._status(line, one) for one in said
            ]

    def _text(self, line: OpenLine, message: InboundMessage) -> Recorded:
        now = self._clock()
        if line.provider is None or not line.provider.replies_inline:
            received = receive(self._store, line.line, message, now=now, router=line.router)
            return Recorded(received.events, received)
        with self._store.together():
            received = receive(self._store, line.line, message, now=now, router=line.router)
            reply = self._inline.reply(line, line.provider, message, received, now)
        if reply is None:
            return Recorded(received.events, received)
        answered = message_event(reply.id, MessageState.IN_DOUBT, IN_ANSWER, now)
        return Recorded((*received.events, answered), received, reply)

    def _status(self, line: OpenLine, update: StatusUpdate) -> Recorded:
        if line.provider is None:
            return Recorded(())
        name, workspace = line.line.name, line.line.workspace
        made = record_status(self._store, name, workspace, line.provider.judge, update, self._clock())
        return Recorded(tuple(message_event(change.id, change.state, change.reason, change.at) for change in made))

    def _tell(self, outcomes: Sequence[Any]) -> None:
        for outcome in outcomes:
            for recorded in outcome if isinstance(outcome, list) else [outcome]:
                for event in recorded.events if isinstance(recorded, Recorded | Received) else ():
                    self._plugins.observe(event)
