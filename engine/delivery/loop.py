"""The send loop: a continuous pipeline with bounded queues.

claim a slice → compose → gate → pace → commit → call → record. No stage waits for a whole batch of the next, and
memory is bounded by what the lanes and the wire hold, whatever waits in the table.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from engine.delivery.doubts import Doubts
from engine.delivery.hands import Hands
from engine.delivery.lanes import Lane, Pace, Ready
from engine.delivery.live import Live
from engine.delivery.outcomes import SENDER_WAIT
from engine.delivery.prepare import CLAIMED, prepare
from engine.delivery.receipts import Receipts
from engine.delivery.wire import Wire
from engine.errors import SendError
from engine.store import Change
from engine.types import MessageState

logger = logging.getLogger("engine.delivery")

SLICE = 50
"""Messages claimed at once: larger slices hold back the wire while they are composed."""

IDLE = 0.025
"""Seconds between two looks for new work when there is none: bounds how long a new message waits for a resting loop."""

LAST_WORDS = timedelta(seconds=35)
"""How long a stopping loop waits for what is on the wire: a provider's read time-out and a little more."""

ALIVE_WITHIN = timedelta(seconds=60)
"""A worker whose heartbeat is older counts as gone."""

TICK = 1.0
"""Seconds between two sweeps for leases that ran out."""

POLL_EVERY = 5.0
POLL_OLDER_THAN = timedelta(seconds=5)

WAITING = (MessageState.RETRY_WAIT, MessageState.IN_DOUBT)
"""States that a drain waits for, except where the lane rests: what its provider refused waits for a person."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `refused` names what the provider refused about the account or a sender, by lane."""

    refused: dict[str, str]
    credentials_refused: bool


class SendLoop:
    """One worker. `run` returns when it was told to stop or, draining, when nothing is left to wait for."""

    def __init__(self, hands: Hands, live: Live) -> None:
        self._hands = hands
        self._live = live
        self._lanes: dict[str, Lane] = {}
        self._drivers: dict[str, asyncio.Task[None]] = {}
        self._arrivals: dict[str, asyncio.Event] = {}
        self._permits: dict[str, asyncio.Semaphore] = {}
        self._held: dict[str, Ready] = {}  # claimed and not yet committed: what renew and release are about
        self._wire = Wire(hands, live, refused=self._refused, committed=self._committed, done=self._done)
        self._doubts = Doubts(hands, live)
        self._receipts = Receipts(hands, live)
        self._stop = asyncio.Event()
        self._refusals: dict[str, str] = {}
        self._credentials_refused = False

    def stop(self) -> None:
        """Asks the loop to end: no more claims, and what is on the wire is waited for."""
        self._stop.set()

    async def run(self, *, drain: bool) -> Result:
        """Runs until told to stop; with `drain`, until every message is settled or waits for a later time or a person.

        Raises StateUnavailable where the state can no longer be used; nothing is lost by it.
        """
        await self._hands.ask(self._live.refresh)
        await self._beat()
        await self._sweep()
        stages: list[Coroutine[Any, Any, None]] = [
            self._claim(),
            self._wire.commit(),
            self._wire.record(),
            self._settle_doubts(),
            self._tick(),
            self._poll(),
        ]
        tasks = [asyncio.create_task(stage) for stage in stages]
        ends: list[asyncio.Task[Any]] = [asyncio.ensure_future(self._stop.wait())]
        if drain:
            ends.append(asyncio.create_task(self._drained()))
        try:
            watched = [*tasks, *ends]
            while not any(task.done() for task in ends):
                done, _ = await asyncio.wait(
                    {*watched, *self._drivers.values()}, timeout=TICK, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    task.result()
            for task in ends:
                if task.done():
                    task.result()
            await self._end(tasks)
            if drain and not self._stop.is_set():
                await self._receipts.poll(older_than=timedelta(0))
        finally:
            await self._cancel([*tasks, *ends, *self._drivers.values()])
            for provider in (*self._live.providers(), *self._live.retired):
                await provider.close()
            self._hands.thread.shutdown()
        return Result(dict(self._refusals), self._credentials_refused)

    # stages

    async def _claim(self) -> None:
        hands = self._hands
        while True:
            claimed = 0
            now = asyncio.get_running_loop().time()
            for name in await hands.ask(hands.store.due_lanes, hands.clock()):
                lane = self._lane(name)
                room = min(SLICE, lane.room)
                if room * 2 < min(SLICE, lane.capacity) or lane.is_blocked(now):
                    continue
                claimed += await self._claim_slice(lane, room)
            await asyncio.sleep(0 if claimed else IDLE)

    async def _claim_slice(self, lane: Lane, most: int) -> int:
        hands = self._hands
        lease = self._lease(lane)
        claims = await hands.ask(
            hands.store.claim, owner=hands.owner, now=hands.clock(), lease=lease, lane=lane.name, limit=most
        )
        hands.faults("after-claim")
        changes = []
        for claim in claims:
            made = prepare(claim, self._live, hands.plugins, owner=hands.owner, now=hands.clock())
            if isinstance(made, Change):
                changes.append(made)
            elif (change := self._place(made)) is not None:
                changes.append(change)
            await asyncio.sleep(0)
        await hands.change(changes)
        return len(claims)

    def _place(self, ready: Ready) -> Change | None:
        """Puts a message into the lane of its sender, or sends it back to wait for that lane in the table."""
        name = f"{ready.claim.workspace}/sender/{ready.frozen.sender.name}"
        lane = self._lane(name)
        if name != ready.claim.lane and (lane.room == 0 or lane.is_blocked(asyncio.get_running_loop().time())):
            return self._back(ready, "lane.full", lane=name)
        self._held[ready.claim.id] = ready
        lane.put(ready)
        self._arrivals[name].set()
        return None

    async def _drive(self, lane: Lane) -> None:
        """Lets a lane's messages go one by one, at its pace, while its workspace has calls to spare."""
        loop = asyncio.get_running_loop()
        arrival = self._arrivals[lane.name]
        permits = self._permits_of(lane)
        while True:
            while not len(lane):
                arrival.clear()
                await arrival.wait()
            await asyncio.sleep(lane.pace.delay(loop.time()))
            await permits.acquire()
            if not len(lane):
                permits.release()
                continue
            if lane.pace.delay(loop.time()) > 0:
                permits.release()
                continue
            ready = lane.take()
            lane.pace.spend(ready.frozen.segments, loop.time())
            self._wire.ready.put_nowait(ready)

    async def _settle_doubts(self) -> None:
        while True:
            settled = await self._doubts.settle_due()
            await asyncio.sleep(0 if settled else 4 * IDLE)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_EVERY)
            await self._receipts.poll(older_than=POLL_OLDER_THAN)

    async def _tick(self) -> None:
        """Heartbeat, leases, and a look for a new release."""
        while True:
            await asyncio.sleep(TICK)
            await self._beat()
            await self._sweep()
            await self._renew()
            if await self._hands.ask(self._live.refresh):
                for lane in self._lanes.values():
                    lane.pace.segments_a_second = self._rate(lane.name)

    # ends

    async def _drained(self) -> None:
        """Returns when nothing is left that this loop could settle by waiting."""
        while self._held or self._wire.busy or await self._left():  # noqa: ASYNC110 # other processes set no event
            await asyncio.sleep(2 * IDLE)

    async def _left(self) -> bool:
        hands = self._hands
        # In this order: what is no longer due when first asked shows among the states when they are counted.
        due = set(await hands.ask(hands.store.due_lanes, hands.clock()))
        counts = await hands.ask(hands.store.count_states)
        if counts.get(MessageState.CLAIMED) or counts.get(MessageState.SENDING):
            return True
        now = asyncio.get_running_loop().time()
        blocked = {lane.name for lane in self._lanes.values() if lane.is_blocked(now)}
        if due - blocked:
            return True
        if not any(counts.get(state) for state in WAITING):
            return False
        if not blocked:
            return True
        waiting = await hands.ask(lambda: list(hands.store.messages(states=WAITING)))
        return any(record.lane not in blocked for record in waiting)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        """Stops claiming, gives claims back, waits for the wire and its record."""
        claim, commit, record, doubts, tick, poll = tasks
        await self._cancel([claim, *self._drivers.values(), doubts, poll, commit])
        await self._wire.finish_commit()
        await self._give_back(list(self._held.values()))
        await self._wire.finish(LAST_WORDS)
        await self._cancel([record, tick])
        await self._hands.ask(self._hands.store.retire, self._hands.owner)

    async def _give_back(self, ready: list[Ready]) -> None:
        await self._hands.change([self._back(item, "worker.stopped") for item in ready])
        for item in ready:
            self._held.pop(item.claim.id, None)

    @staticmethod
    async def _cancel(tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    # small things

    def _back(self, ready: Ready, reason: str, lane: str | None = None) -> Change:
        claim = ready.claim
        return Change(
            id=claim.id,
            was=CLAIMED,
            state=MessageState.RETRY_WAIT if claim.attempt else MessageState.QUEUED,
            at=self._hands.clock(),
            attempt=claim.attempt,
            owner=self._hands.owner,
            reason=reason,
            lane=lane,
        )

    def _refused(self, ready: Ready, error: SendError) -> None:
        """Rests a lane (or, for refused credentials, all of its workspace) and gives back what waits in it."""
        names = defaultdict(list)
        for lane in self._lanes.values():
            names[lane.workspace].append(lane)
        own = self._lanes[f"{ready.claim.workspace}/sender/{ready.frozen.sender.name}"]
        self._credentials_refused = self._credentials_refused or error.credentials
        until = asyncio.get_running_loop().time() + SENDER_WAIT.total_seconds()
        waiting = []
        for lane in names[own.workspace] if error.credentials else [own]:
            lane.blocked_until = until
            lane.blocked_by = f"{error.code}: {error.message}"
            self._refusals[lane.name] = lane.blocked_by
            waiting += lane.take_all()
        logger.warning("%s rests for %s: %s (%s)", own.name, SENDER_WAIT, error.message, error.code)
        if waiting:
            task = asyncio.ensure_future(self._give_back(waiting))
            self._drivers[f"give back {id(task)}"] = task
            task.add_done_callback(lambda done: self._drivers.pop(f"give back {id(done)}", None))

    def _committed(self, ready: Ready) -> None:
        self._held.pop(ready.claim.id, None)

    def _done(self, ready: Ready) -> None:
        """A message needs no provider call any more: another may have it."""
        lane = self._lanes[f"{ready.claim.workspace}/sender/{ready.frozen.sender.name}"]
        self._permits_of(lane).release()

    def _lane(self, name: str) -> Lane:
        if name not in self._lanes:
            self._lanes[name] = Lane(name, Pace(self._rate(name)))
            self._arrivals[name] = asyncio.Event()
            self._drivers[name] = asyncio.create_task(self._drive(self._lanes[name]))
        return self._lanes[name]

    def _rate(self, name: str) -> float:
        sender = self._live.sender(name)
        return sender.pace.per_second if sender else 1.0

    def _permits_of(self, lane: Lane) -> asyncio.Semaphore:
        if lane.workspace not in self._permits:
            concurrency = self._live.sending(lane.workspace).concurrency
            self._permits[lane.workspace] = asyncio.Semaphore(concurrency)
        return self._permits[lane.workspace]

    def _lease(self, lane: Lane) -> timedelta:
        return self._live.sending(lane.workspace).lease

    async def _beat(self) -> None:
        hands = self._hands
        worker = replace(hands.worker, heartbeat_at=hands.clock())
        await hands.ask(hands.store.heartbeat, worker, alive_within=ALIVE_WITHIN)

    async def _sweep(self) -> None:
        hands = self._hands
        now: datetime = hands.clock()
        swept = await hands.ask(hands.store.sweep, now=now, first_look=self._live.longest_first_look())
        for state, count in swept.items():
            logger.info("%d leases ran out: now %s", count, state)

    async def _renew(self) -> None:
        hands = self._hands
        by_workspace = defaultdict(list)
        for message_id, ready in self._held.items():
            by_workspace[ready.claim.workspace].append(message_id)
        for workspace, ids in by_workspace.items():
            until = hands.clock() + self._live.sending(workspace).lease
            await hands.ask(hands.store.renew, owner=hands.owner, ids=ids, until=until)
