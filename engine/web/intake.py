"""Takes in what comes in: each call on disk before its answer, many of them in one transaction.

One thread writes, and is given what has gathered as soon as a turn of the event loop brings no more. A quiet server
commits each call alone; a busy one has read and answered whatever there is before the thread begins, since two threads
that want the interpreter at the same time are slower than one after the other.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from engine.delivery.live import Live
from engine.errors import StateUnavailable
from engine.inbound.receive import Received
from engine.plugins import Plugins
from engine.record import record
from engine.store import Store
from engine.types import Clock, InboundMessage, StatusUpdate
from engine.web.lines import Lines
from engine.web.recording import Call, Failed, Outcome, Recorded, Recorder

logger = logging.getLogger("engine.web")

TOGETHER = 512
"""Calls in one transaction at most."""

ROOM = 4096
"""Calls that wait at most; more are told to come again."""

PATIENCE = 10.0
"""Seconds that a call waits for its record. Twilio gives an answer 15 seconds, and then tries its fallback address.
What is recorded later all the same is found when the call is repeated, and done once."""


@record
class _Job(Call):
    """A call that waits for its record; one that says nothing only looks for a new release."""

    future: asyncio.Future[Sequence[Recorded]]
    until: float  # loop time at which whoever waits is sent away


class Intake:
    """The one door for whatever comes in."""

    def __init__(self, store: Store, plugins: Plugins, live: Live, clock: Clock, owner: str) -> None:
        self._plugins = plugins
        self.recorder = Recorder(store, plugins, live, clock, owner)
        self._waiting: list[_Job] = []
        self._writing: Sequence[_Job] = ()
        self._watch: asyncio.TimerHandle | None = None
        self._batches: SimpleQueue[tuple[asyncio.AbstractEventLoop, Sequence[_Job]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="intake")
        self.patience = PATIENCE
        self.room = ROOM

    @property
    def lines(self) -> Lines:
        """The lines on which it comes in, under the live release."""
        return self.recorder.lines

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
        (recorded,) = await self._do(workspace, (message,), in_answer=False)
        assert recorded.received is not None  # noqa: S101 # as for every text
        return recorded.received

    def call(self, workspace: str, said: Sequence[InboundMessage | StatusUpdate]) -> asyncio.Future[Sequence[Recorded]]:
        """Records what a provider's call says. Raises StateUnavailable."""
        return self._do(workspace, said, in_answer=True)

    async def look(self) -> None:
        """Looks for a new release. Raises StateUnavailable."""
        await self._do("", (), in_answer=False)

    def _do(
        self, workspace: str, said: Sequence[InboundMessage | StatusUpdate], *, in_answer: bool
    ) -> asyncio.Future[Sequence[Recorded]]:
        if len(self._waiting) >= self.room:
            raise StateUnavailable("more calls wait than the state can take")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[Recorded]] = loop.create_future()
        self._waiting.append(_Job(workspace, said, in_answer, future, loop.time() + self.patience))
        if not self._writing and len(self._waiting) == 1:
            loop.call_soon(self._gather, loop, 0)
        if self._watch is None:
            self._watch = loop.call_later(self.patience / 4, self._send_away, loop)
        return future

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int) -> None:
        """Waits for the turn of the loop that brings no call beside those `before` it."""
        if before < len(self._waiting) < TOGETHER:
            loop.call_soon(self._gather, loop, len(self._waiting))
        else:
            self._hand_over(loop)

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Gives the thread what has gathered."""
        self._writing, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        if self._writing:
            self._batches.put((loop, self._writing))

    def _deliver(self, loop: asyncio.AbstractEventLoop, outcomes: Sequence[Outcome]) -> None:
        for job, outcome in zip(self._writing, outcomes, strict=True):
            if job.future.done():
                continue  # whoever waited has gone
            if isinstance(outcome, Failed):
                job.future.set_exception(outcome.error)
            else:
                job.future.set_result(outcome)
        self._writing = ()
        if self._waiting:
            loop.call_soon(self._gather, loop, 0)

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
            self._write_batch(*batch)
            del batch  # while the next one gathers, its memory is of better use there

    def _write_batch(self, loop: asyncio.AbstractEventLoop, jobs: Sequence[_Job]) -> None:
        outcomes: Sequence[Outcome]
        try:
            outcomes = self.recorder.record(jobs)
        except Exception as error:
            if not isinstance(error, StateUnavailable):
                logger.exception("what came in could not be recorded")
            outcomes = [Failed(error)] * len(jobs)
        loop.call_soon_threadsafe(self._deliver, loop, outcomes)
        if self._plugins.observed():
            self._tell(outcomes)

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            for recorded in outcome if not isinstance(outcome, Failed) else ():
                for event in recorded.events:
                    self._plugins.observe(event)
