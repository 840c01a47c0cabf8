"""Delivers what is due, step by step: the same gates, composing, commit and record as in the send loop, without its
lanes, whose pace would only cost time, and onto phones that are lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.delivery import outcomes
from engine.delivery.halts import Halted
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.delivery.outcomes import Attempt
from engine.delivery.prepare import prepare
from engine.outbox import Change, Claim
from engine.plugins import Plugins
from engine.store import Store
from engine.testing.context import ManualClock
from engine.types import MessageState, OutboundMessage, Receipt

OWNER = "conversation"
LEASE = timedelta(minutes=2)
SLICE = 100


@dataclass(slots=True)
class Phones:
    """A phone network of one conversation: every number is reached at once, and nothing is ever refused."""

    texts: list[OutboundMessage] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    """Message → its template, of those that came."""

    def send(self, message: OutboundMessage, template: str) -> Receipt:
        """Takes a message to its phone."""
        self.texts.append(message)
        self.templates[message.id] = template
        return Receipt(f"phone-{len(self.texts)}")


class Outbox:
    """The messages of one conversation."""

    def __init__(self, store: Store, live: Live, plugins: Plugins, clock: ManualClock, phones: Phones) -> None:
        self._store = store
        self._live = live
        self._plugins = plugins
        self._clock = clock
        self._phones = phones

    def deliver(self) -> None:
        """Delivers everything that is due now."""
        for lane in self._store.due_lanes(self._clock.now):
            while self._deliver_slice(lane) == SLICE:
                pass

    def wait(self, time: timedelta) -> None:
        """Lets time pass: each message is delivered at the moment at which it falls due."""
        end = self._clock.now + time
        while (due := self._next(end)) is not None:
            self._clock.now = due
            self.deliver()
        self._clock.now = end

    def _next(self, end: datetime) -> datetime | None:
        due = self._store.next_due(self._clock.now)
        return due if due is not None and due <= end else None

    def _deliver_slice(self, lane: str) -> int:
        now = self._clock.now
        claims = self._store.claim(owner=OWNER, now=now, lease=LEASE, lane=lane, limit=SLICE)
        made = [self._prepare(claim, now) for claim in claims]
        changes = [change for change in made if isinstance(change, Change)]
        ready = [item for item in made if isinstance(item, Ready)]
        if ready:
            committed = self._store.commit([item.prepared for item in ready], now=now, lease=LEASE)
            for item, result in zip(ready, committed, strict=True):
                if result.state is MessageState.SENDING:
                    attempt = Attempt(item.claim.id, OWNER, item.claim.attempt + 1, item.lane)
                    receipt = self._phones.send(item.message, item.claim.template)
                    changes.append(outcomes.accepted(attempt, receipt, now))
        if changes:
            self._store.change(changes)
        return len(claims)

    def _prepare(self, claim: Claim, now: datetime) -> Ready | Change:
        return prepare(claim, self._live, self._plugins, Halted(), owner=OWNER, now=now)
