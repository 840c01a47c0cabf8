"""From the commit to the record: the part of the loop in which a message may leave the house.

commit → call → record, each batch of one stage overlapping the next. A message is called only after its
commit is on disk, and only while its lease still holds; what the call brought is recorded in batches.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from engine.config.settings_models import Sending
from engine.contracts import Provider
from engine.delivery import outcomes
from engine.delivery.hands import Hands, batch
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.delivery.outcomes import Attempt
from engine.errors import ConfigError, EngineError, SendError, SendOutcome, SendScope
from engine.outbox import Change
from engine.stops import Breaker, Unreachable
from engine.types import Consent, ConsentState, MessageState

logger = logging.getLogger("engine.delivery")

BATCH = 256
"""Messages in one commit or record at most."""

AHEAD = 256
"""Messages that are committed, or being committed, while all calls that a workspace may make at once are on the wire:
each call that ends is followed by the next without waiting for a disk. No more than those calls. What a kill finds here
ends in doubt, as what is on the wire does."""

BUSY = 64
"""Messages on the wire from which on a record waits for company: each transaction costs as much as many messages."""

GATHER = 0.03
"""Seconds that it waits."""

CALL_WITHIN = 0.8
"""Share of its lease within which a committed message must be called: later, it may be another worker's."""

LOOK_PATIENCE = 5
"""Seconds that a loop which is done waits for the account to be looked at."""

Outcome = tuple[Change, Consent | Unreachable | None]
"""What a call brought: the message's change, and what it taught us of the number: an opt-out, or that it is no use."""

Refused = Callable[[Ready, SendError], Awaitable[Breaker]]
"""Called for a refusal that concerns the sender or the account; gives the breaker that it opened."""


def _noticed(task: asyncio.Task[None]) -> None:
    """Whoever waited may have been cancelled; what broke the task is known from elsewhere then."""
    if not task.cancelled():
        task.exception()


class Tally:
    """Counts what is under way; `zero` is set while nothing is."""

    def __init__(self) -> None:
        self.count = 0
        self.zero = asyncio.Event()
        self.zero.set()

    def add(self, more: int) -> None:
        """Counts more, or with a negative number fewer."""
        self.count += more
        if self.count:
            self.zero.clear()
        else:
            self.zero.set()


class Slots:
    """The calls that a workspace may make at once. Whoever finds none free has the next one, in order."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[Callable[[], Coroutine[Any, Any, None]]] = deque()
        self._calls: set[asyncio.Task[None]] = set()

    def enter(self, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins a call as soon as there is a slot for it, which it leaves when it ends."""
        if self._free:
            self._free -= 1
            self._begin(call)
        else:
            self._waiting.append(call)

    def leave(self) -> None:
        """Gives a slot back."""
        if self._waiting:
            self._begin(self._waiting.popleft())
        else:
            self._free += 1

    def _begin(self, call: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(call())
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)


class Wire:
    """Commits, calls and records."""

    def __init__(
        self,
        hands: Hands,
        live: Live,
        *,
        refused: Refused,
        unanswerable: Callable[[str, str], None],
        answered: Callable[[Ready], None],
        committed: Callable[[Ready], None],
        leaving: Callable[[str, float], None],
        done: Callable[[Ready], None],
    ) -> None:
        self._hands = hands
        self._live = live
        self._refused = refused
        self._unanswerable = unanswerable
        self._answered = answered
        self._committed = committed
        self._leaving = leaving
        self._done = done
        self._random = random.Random()  # noqa: S311 # jitter, no secret
        self.ready: asyncio.Queue[Ready] = asyncio.Queue()
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue(4 * BATCH)
        self._slots: dict[str, Slots] = {}
        self._looked_at: set[int] = set()
        self._looks: list[asyncio.Task[None]] = []
        self._committing = Tally()
        self._open = Tally()

    @property
    def busy(self) -> int:
        """Messages being committed, on the wire, or called with their outcome not yet on disk."""
        return self._committing.count + self._open.count

    def warm_up(self, ready: Ready) -> None:
        """Makes the provider of a lane's first message ready: a pace begins with the wire, not with imports."""
        with suppress(Exception):  # whatever is wrong, the message's call meets it again
            self._live.provider(ready.claim.workspace, ready.prepared.via).warm_up()

    async def commit(self) -> None:
        """Runs the commit stage until cancelled."""
        while True:
            items = await batch(self.ready, BATCH)
            # Stopping must not tear a commit from the calls that belong to it.
            commit = asyncio.ensure_future(self._commit(items))
            commit.add_done_callback(_noticed)
            await asyncio.shield(commit)

    async def record(self) -> None:
        """Runs the record stage until cancelled."""
        while True:
            gather = GATHER if self._open.count > BUSY else 0.0
            await self._record(await batch(self._outcomes, BATCH, gather=gather))

    async def finish_commit(self) -> None:
        """Waits for the commit that is under way, if one is."""
        await self._committing.zero.wait()

    async def finish(self, patience: timedelta) -> None:
        """Waits for what is on the wire and for its record, no longer than `patience`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._open.zero.wait(), patience.total_seconds())
        if self._looks:
            await asyncio.wait(self._looks, timeout=LOOK_PATIENCE)

    async def _commit(self, items: list[Ready]) -> None:
        self._committing.add(len(items))
        try:
            await self._commit_and_call(items)
        finally:
            self._committing.add(-len(items))

    async def _commit_and_call(self, items: list[Ready]) -> None:
        hands = self._hands
        now = hands.clock()
        lease = max(self._sending(item).lease for item in items)
        call_by = asyncio.get_running_loop().time() + lease.total_seconds() * CALL_WITHIN
        hands.faults("before-commit")
        prepared = [item.prepared for item in items]
        results = await hands.ask(hands.store.commit, prepared, now=now, lease=lease, durable=False)
        await hands.sync()
        hands.faults("after-commit")
        for item, result in zip(items, results, strict=True):
            self._committed(item)
            if result.state is MessageState.SENDING:
                self._open.add(1)
                self._slots_of(item.claim.workspace).enter(
                    partial(self._call, item, call_by, now + lease * CALL_WITHIN)
                )
            else:
                self._done(item)
            if result.state is not None:
                hands.tell(item.claim.id, result.state, result.reason)

    async def _call(self, item: Ready, call_by: float, call_by_clock: datetime) -> None:
        hands = self._hands
        attempt = Attempt(item.claim.id, hands.owner, item.claim.attempt + 1, item.lane)
        outcome: Outcome
        try:
            hands.faults("before-call")
            now = asyncio.get_running_loop().time()
            if now >= call_by or hands.clock() >= call_by_clock:
                # The process slept (SIGSTOP, a suspended machine): by now another worker may own this message.
                # Two clocks, since the monotonic one stands still while a machine is suspended.
                late = hands.clock()
                outcome = outcomes.not_sent(attempt, "lease.ran-out-before-the-call", late, late, {}), None
            else:
                self._leaving(item.claim.id, now)
                outcome = await self._send(item, attempt)
            hands.faults("after-call")
        except Exception as error:
            # A bug, in a provider or here, says nothing of what left the house.
            logger.exception("the call of message %s crashed", item.claim.id)
            reason = f"provider.crashed: {type(error).__name__}: {error}"
            outcome = outcomes.in_doubt(attempt, reason, hands.clock(), self._sending(item), {}), None
        finally:
            self._done(item)
            self._slots_of(item.claim.workspace).leave()
        await self._outcomes.put(outcome)

    async def _send(self, item: Ready, attempt: Attempt) -> Outcome:
        clock = self._hands.clock
        try:
            provider = self._live.provider(item.claim.workspace, item.prepared.via)
            self._look_at(provider, item.claim.workspace)
            receipt = await provider.send(item.message)
            self._answered(item)
            return outcomes.accepted(attempt, receipt, clock()), None
        except ConfigError as error:
            # Raised before anything could be sent, such as a secret's variable that is not set.
            self._unanswerable(item.claim.workspace, error.message)
            due_at = clock() + outcomes.SENDER_WAIT
            return outcomes.not_sent(attempt, f"provider.not-configured: {error.message}", clock(), due_at, {}), None
        except SendError as error:
            change = outcomes.refused(attempt, error, clock(), self._sending(item), self._random.random())
            if error.scope is SendScope.SENDER or error.credentials:
                change = outcomes.resting(change, await self._refused(item, error))
            elif error.outcome is SendOutcome.REJECTED:
                self._answered(item)
            return change, self._taught(item, error)

    def _look_at(self, provider: Provider[Any], workspace: str) -> None:
        """Looks at the account once, beside the first message: trial accounts and test credentials are named."""
        if id(provider) in self._looked_at:
            return
        self._looked_at.add(id(provider))

        async def look() -> None:
            try:
                findings = await provider.check_account()
            except EngineError:
                return  # the send beside it says the same, and louder
            except Exception:
                logger.exception("the account of %s could not be looked at", workspace)
                return
            for finding in findings:
                self._hands.advise(workspace, finding)

        self._looks.append(asyncio.create_task(look()))

    def _taught(self, item: Ready, error: SendError) -> Consent | Unreachable | None:
        now, workspace, number = self._hands.clock(), item.claim.workspace, item.frozen.to
        if error.stops:
            return Consent(
                workspace=workspace,
                number=number,
                state=ConsentState.STOPPED,
                source=f"provider:{error.code}",
                at=now,
                sender=item.prepared.consent_sender,
                detail=error.message,
                message=item.claim.id,
                person=item.claim.person.id if item.claim.person else "",
            )
        if error.scope is SendScope.RECIPIENT and error.outcome is SendOutcome.REJECTED:
            return Unreachable(workspace, number, error.code, error.message, now)
        return None

    async def _record(self, items: list[Outcome]) -> None:
        hands = self._hands
        hands.faults("before-record")
        if stops := [taught for _, taught in items if isinstance(taught, Consent)]:
            await hands.ask(hands.store.record_consent, stops)
        if unreachable := [taught for _, taught in items if isinstance(taught, Unreachable)]:
            await hands.ask(hands.store.suppress_numbers, unreachable)
        changes = [change for change, _ in items]
        for change, made in zip(changes, await hands.change(changes), strict=True):
            if not made and change.state is MessageState.ACCEPTED and not await self._called_back(change):
                logger.warning("message %s was accepted as %s, but is settled otherwise", change.id, change.provider_id)
        self._open.add(-len(items))
        hands.faults("after-record")

    async def _called_back(self, change: Change) -> bool:
        """True where a status callback came before the answer to the call, and has recorded what that would have."""
        message = await self._hands.ask(self._hands.store.message, change.id)
        return message is not None and message.provider_id == change.provider_id

    def _slots_of(self, workspace: str) -> Slots:
        if workspace not in self._slots:
            self._slots[workspace] = Slots(self._live.sending(workspace).concurrency)
        return self._slots[workspace]

    def _sending(self, item: Ready) -> Sending:
        return self._live.sending(item.claim.workspace)
