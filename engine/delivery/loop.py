"""The send loop: a continuous pipeline with bounded queues.

claim a slice → compose → gate → pace → commit → call → record. No stage waits for a whole batch of the next, and
memory is bounded by what the lanes and the wire hold, whatever waits in the table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine.delivery.composing import Composing
from engine.delivery.doubts import Doubts
from engine.delivery.draining import left
from engine.delivery.halts import Halts, rests
from engine.delivery.hands import Hands, cancel
from engine.delivery.helper import Helper
from engine.delivery.lanes import EVERY, Lane, Ready
from engine.delivery.leases import Leases
from engine.delivery.live import Live
from engine.delivery.outcomes import SENDER_WAIT
from engine.delivery.prepare import back
from engine.delivery.receipts import DEFAULT_POLLS, Polls, Receipts
from engine.delivery.turns import Turns
from engine.delivery.webhooks import WebhookCalls
from engine.delivery.wire import AHEAD, Wire
from engine.errors import SendError, StateUnavailable
from engine.outbox import Change, Claim
from engine.stops import Breaker

logger = logging.getLogger("engine.delivery")

SLICE = 256
"""Messages claimed at once."""

IDLE = 0.025
"""Seconds between two looks for new work when there is none: bounds how long a new message waits for a resting loop."""

LAST_WORDS = timedelta(seconds=35)
"""How long a stopping loop waits for what is on the wire: a provider's read time-out and a little more."""

TICK = 1.0
"""Seconds between two sweeps for leases that ran out."""

PATIENCE = 30.0
"""Seconds to go on where the state cannot be used, before the loop stops. What could not be recorded by then is in
doubt at the next start, and look-ups settle it."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `refused` names what the provider refused about the account or a sender, by lane."""

    refused: dict[str, str]
    credentials_refused: bool


class SendLoop:
    """One worker. `run` returns when it was told to stop or, draining, when nothing is left to wait for.

    With a `helper`, full slices are composed by it.
    """

    def __init__(self, hands: Hands, live: Live, polls: Polls = DEFAULT_POLLS, *, helper: Helper | None = None) -> None:
        self._hands = hands
        self._live = live
        self._lanes: dict[str, Lane] = {}
        self._drivers: dict[str, asyncio.Task[None]] = {}
        self._arrivals: dict[str, asyncio.Event] = {}
        self._permits: dict[str, asyncio.Semaphore] = {}
        self._claimed: asyncio.Queue[tuple[Lane, Sequence[Claim]]] = asyncio.Queue(1)
        self._held: dict[str, Ready] = {}  # claimed and not yet committed: what renew and release are about
        self._composing = Composing(hands, live, helper)
        self._turns = Turns(live, self._lanes)
        self._halts = Halts(hands, live)
        self._wire = Wire(
            hands,
            live,
            refused=self._refused,
            unanswerable=self._unanswerable,
            answered=self._answered,
            committed=self._committed,
            leaving=self._turns.left,
            done=self._done,
        )
        self._leases = Leases(hands, live, self._held, self._turns.share)
        self._doubts = Doubts(hands, live, self._unanswerable)
        self._receipts = Receipts(hands, live, self._halts, polls)
        self._webhooks = WebhookCalls(hands, live)
        self._stop = asyncio.Event()
        self._chores: set[asyncio.Task[None]] = set()
        self._asleep: dict[str, float] = {}  # workspace → monotonic; its provider cannot be asked by us until then
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
        await self._halts.begin()
        await self._leases.beat()
        self._turns.begin(asyncio.get_running_loop().time())
        await self._leases.sweep()
        stages: list[Coroutine[Any, Any, None]] = [
            self._claim(),
            self._prepare(),
            self._wire.commit(),
            self._wire.record(),
            self._settle_doubts(),
            self._tick(),
            self._receipts.run(),
            self._webhooks.run(),
        ]
        tasks = [asyncio.create_task(stage) for stage in stages]
        ends: list[asyncio.Task[Any]] = [asyncio.ensure_future(self._stop.wait())]
        if drain:
            ends.append(asyncio.create_task(self._drained()))
        self._hands.patience = PATIENCE
        failure: BaseException | None = None
        try:
            failure = await self._watch(tasks, ends)
            await self._end(tasks)
            if drain and failure is None and not self._stop.is_set():
                await self._receipts.poll()
        finally:
            await cancel([*tasks, *ends, *self._drivers.values(), *self._chores])
            await self._close_providers()
            self._hands.close()
            self._composing.close()
        if failure is not None:
            raise failure
        return Result(dict(self._refusals), self._credentials_refused)

    async def _watch(self, tasks: list[asyncio.Task[None]], ends: list[asyncio.Task[Any]]) -> BaseException | None:
        """Waits until told to stop or drained, and gives None; or gives what broke a stage."""
        while True:
            running = {*tasks, *ends, *self._drivers.values(), *self._chores}
            done, _ = await asyncio.wait(running, timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._chores.discard(task)
                if (broken := task.exception()) is not None:
                    # What is on the wire is still waited for and recorded; a broken state gets no more patience.
                    self._hands.patience = 0
                    return broken
            if any(task.done() for task in ends):
                return None

    # stages

    async def _claim(self) -> None:
        hands = self._hands
        while True:
            claimed = 0
            now = asyncio.get_running_loop().time()
            for name in await hands.ask(hands.store.due_lanes, hands.clock()):
                lane = self._lane(name)
                room = min(SLICE, lane.room - lane.coming)
                if room < lane.least or self._sleeps(lane, now):
                    continue
                if most := await self._halts.allowed(name, room):
                    claimed += await self._claim_slice(lane, most)
            await asyncio.sleep(0 if claimed else IDLE)

    async def _claim_slice(self, lane: Lane, most: int) -> int:
        hands = self._hands
        lease = self._lease(lane)
        spare = min(most, int(lane.owed))
        claims = await hands.ask(
            hands.store.claim,
            owner=hands.owner,
            now=hands.clock(),
            lease=lease,
            lane=lane.name,
            limit=most,
            spare=spare,
        )
        lane.owed += len(claims) / EVERY - spare
        hands.faults("after-claim")
        await self._halts.claimed(lane.name, claims)
        if claims:
            lane.coming += len(claims)
            await self._claimed.put((lane, claims))
        return len(claims)

    async def _prepare(self) -> None:
        """Composes each slice and asks the gates, while the store looks for the next one."""
        while True:
            lane, claims = await self._claimed.get()
            await self._prepare_slice(claims)
            lane.coming -= len(claims)

    async def _prepare_slice(self, claims: Sequence[Claim]) -> None:
        hands = self._hands
        if not self._live.knows({claim.release for claim in claims}):
            await self._follow()
        changes = []
        async for claim, made in self._composing.compose(claims, self._halts):
            if isinstance(made, str):
                # The worker's own trouble, such as a plugin that is not loaded here: no message is to blame.
                self._unanswerable(claim.workspace, made)
                made = back(claim, hands.owner, hands.clock(), f"worker.not-configured: {made}")
            if self._halts.tries(claim.id):
                await self._halts.untried(claim.id, but=made if isinstance(made, Ready) else None)
            if isinstance(made, Change):
                changes.append(made)
            elif (change := self._place(made)) is not None:
                changes.append(change)
        await hands.change(changes)

    def _place(self, ready: Ready) -> Change | None:
        """Puts a message into the lane of its sender, or sends it back to wait for that lane in the table."""
        lane = self._lane(ready.lane)
        elsewhere = ready.lane != ready.claim.lane
        if elsewhere and lane.room == 0:
            return self._back(ready, "lane.full")
        self._held[ready.claim.id] = ready
        lane.put(ready)
        self._arrivals[lane.name].set()
        return None

    async def _drive(self, lane: Lane) -> None:
        """Lets a lane's messages go one by one, at its pace, while its workspace has calls to spare."""
        loop = asyncio.get_running_loop()
        arrival = self._arrivals[lane.name]
        permits = self._permits_of(lane)
        await arrival.wait()
        if len(lane):
            self._wire.warm_up(lane.next)
        while True:
            while not len(lane):
                arrival.clear()
                await arrival.wait()
            if (delay := self._turns.delay(lane, loop.time())) > 0:
                # Not longer than a tick: a new release or another worker may have changed the rate.
                await asyncio.sleep(min(TICK, delay))
                continue
            waits = permits.locked()
            await permits.acquire()
            if waits and (not len(lane) or self._turns.delay(lane, loop.time()) > 0):
                permits.release()
                continue
            self._wire.ready.put_nowait(self._turns.take(lane, loop.time()))

    async def _settle_doubts(self) -> None:
        while True:
            settled = await self._doubts.settle_due()
            await asyncio.sleep(0 if settled else 4 * IDLE)

    async def _tick(self) -> None:
        """Heartbeat, leases, and a look for pauses, breakers and a new release."""
        while True:
            await asyncio.sleep(TICK)
            await self._halts.refresh()
            await self._leases.beat()
            await self._leases.renew()
            await self._leases.sweep()
            await self._follow()

    async def _follow(self) -> None:
        """Looks for a new release, and sends by it from now on."""
        await self._hands.ask(self._live.refresh)
        self._turns.follow()

    # ends

    async def _drained(self) -> None:
        """Returns when nothing is left that this loop could settle by waiting."""
        while self._held or self._wire.busy or await self._webhooks.left() or await self._left():  # noqa: ASYNC110 # other processes set no event
            await asyncio.sleep(2 * IDLE)

    async def _left(self) -> bool:
        return await left(self._hands, self._halts, self._lanes, self._sleepers(asyncio.get_running_loop().time()))

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        """Stops claiming, gives claims back, waits for the wire and its record."""
        claim, compose, commit, record, doubts, tick, poll, webhooks = tasks
        await cancel([claim, compose, *self._drivers.values(), doubts, poll, webhooks, commit])
        await self._wire.finish_commit()
        with suppress(StateUnavailable):
            await self._halts.give_up()
            held = list(self._held.values())
            await self._give_back(held, [self._back(item, "worker.stopped") for item in held])
        finish = asyncio.ensure_future(self._finish())
        await asyncio.wait({finish, record}, return_when=asyncio.FIRST_COMPLETED)
        finish.cancel()
        await cancel([record, tick])
        with suppress(StateUnavailable):
            await self._hands.ask(self._hands.store.retire, self._hands.owner)

    async def _finish(self) -> None:
        await asyncio.gather(self._wire.finish(LAST_WORDS), self._webhooks.finish())

    async def _give_back(self, ready: list[Ready], changes: list[Change]) -> None:
        await self._hands.change(changes)
        for item in ready:
            self._held.pop(item.claim.id, None)

    async def _close_providers(self) -> None:
        for provider in self._live.providers():
            try:
                await provider.close()
            except Exception:
                logger.exception("the provider %s could not be closed", provider.name)

    # small things

    def _back(self, ready: Ready, reason: str) -> Change:
        return back(ready.claim, self._hands.owner, self._hands.clock(), reason, lane=ready.lane)

    async def _refused(self, ready: Ready, error: SendError) -> Breaker:
        """Rests a lane (or, for refused credentials, its workspace) and gives back what waits in it."""
        breaker = await self._halts.refused(ready, error)
        self._refusals[breaker.scope] = f"{error.code}: {error.message}"
        self._credentials_refused |= error.credentials
        for lane in self._lanes.values():
            if breaker.scope in (lane.name, lane.workspace):
                self._empty(lane, rests(breaker).reason or "", breaker)
        return breaker

    def _answered(self, ready: Ready) -> None:
        """The provider took a message, or refused it for what it is: its sender works."""
        if self._halts.tries(ready.claim.id):
            self._chore(self._halts.answered(ready.claim.id))

    def _unanswerable(self, workspace: str, why: str) -> None:
        """Rests a workspace whose provider cannot be asked by this worker: it lacks a variable or a plugin, which
        another may have."""
        now = asyncio.get_running_loop().time()
        if workspace not in self._sleepers(now):
            logger.warning("workspace %s rests for %s: %s", workspace, SENDER_WAIT, why)
        self._credentials_refused = True
        self._refusals[workspace] = why
        self._asleep[workspace] = now + SENDER_WAIT.total_seconds()
        for lane in self._lanes.values():
            if lane.workspace == workspace:
                self._empty(lane, f"worker.not-configured: {why}")

    def _empty(self, lane: Lane, why: str, breaker: Breaker | None = None) -> None:
        waiting = lane.take_all()
        if not waiting:
            return
        changes = [self._back(item, why) for item in waiting]
        if breaker is not None and not self._live.can_move(lane.name):
            changes = [replace(change, due_at=breaker.until, waits_for=breaker.scope) for change in changes]
        self._chore(self._give_back(waiting, changes))

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        self._chores.add(asyncio.ensure_future(work))

    def _sleepers(self, now: float) -> set[str]:
        return {workspace for workspace, until in self._asleep.items() if now < until}

    def _sleeps(self, lane: Lane, now: float) -> bool:
        return now < self._asleep.get(lane.workspace, 0.0)

    def _committed(self, ready: Ready) -> None:
        self._held.pop(ready.claim.id, None)

    def _done(self, ready: Ready) -> None:
        """A message needs no provider call any more: another may have it."""
        self._turns.missed(ready.claim.id)
        self._permits_of(self._lane(ready.lane)).release()
        if self._halts.tries(ready.claim.id):
            self._chore(self._halts.untried(ready.claim.id))

    def _lane(self, name: str) -> Lane:
        if name not in self._lanes:
            self._lanes[name] = Lane(name, self._turns.pace(name))
            self._arrivals[name] = asyncio.Event()
            self._drivers[name] = asyncio.create_task(self._drive(self._lanes[name]))
        return self._lanes[name]

    def _permits_of(self, lane: Lane) -> asyncio.Semaphore:
        if lane.workspace not in self._permits:
            concurrency = self._live.sending(lane.workspace).concurrency
            self._permits[lane.workspace] = asyncio.Semaphore(concurrency + min(concurrency, AHEAD))
        return self._permits[lane.workspace]

    def _lease(self, lane: Lane) -> timedelta:
        return self._live.sending(lane.workspace).lease
