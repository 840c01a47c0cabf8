"""A sender is a lane: its messages wait here for their turn, at the pace its provider allows."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count

from engine.store import Claim, Frozen, Prepared
from engine.types import OutboundMessage, Purpose

RANK = {Purpose.REPLY: 0, Purpose.TRANSACTIONAL: 1, Purpose.MARKETING: 2}
"""Which purposes go first."""

CATCH_UP = 0.05
"""Seconds of its rate that a lane may make up for after a late wake-up; more would be a burst."""


class Pace:
    """Lets segments through at a steady rate. Time is monotonic seconds, given by the caller."""

    def __init__(self, segments_a_second: float) -> None:
        self.segments_a_second = segments_a_second
        self._free_at = float("-inf")

    def delay(self, now: float) -> float:
        """Gives the seconds until the next message may go."""
        return max(0.0, self._free_at - now)

    def spend(self, segments: int, now: float) -> None:
        """Counts a message that goes now."""
        self._free_at = max(self._free_at, now - CATCH_UP) + segments / self.segments_a_second


@dataclass(frozen=True, slots=True)
class Ready:
    """A composed message that passed the gates and waits for its lane."""

    claim: Claim
    prepared: Prepared
    message: OutboundMessage

    @property
    def frozen(self) -> Frozen:
        """What will go over the wire."""
        return self.prepared.frozen

    @property
    def lane(self) -> str:
        """The address of the sender that carries it."""
        return f"{self.claim.workspace}/sender/{self.frozen.sender.name}"


@dataclass(slots=True)
class Lane:
    """One sender's queue in memory: a couple of seconds of its rate, so that a reply never waits behind a broadcast."""

    name: str  # an address: "acme/sender/support"
    pace: Pace
    _heap: list[tuple[int, float, int, Ready]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    @property
    def workspace(self) -> str:
        """The workspace of its sender."""
        return self.name.partition("/")[0]

    @property
    def capacity(self) -> int:
        """How many messages it holds at most."""
        return max(4, min(500, int(self.pace.segments_a_second * 2)))

    @property
    def room(self) -> int:
        """How many more it takes now."""
        return max(0, self.capacity - len(self._heap))

    def put(self, ready: Ready) -> None:
        """Adds a message: by purpose, then by when it fell due."""
        claim = ready.claim
        heapq.heappush(self._heap, (RANK[claim.purpose], claim.due_at.timestamp(), next(self._order), ready))

    def take(self) -> Ready:
        """Removes and gives the message whose turn it is. Raises IndexError when empty."""
        return heapq.heappop(self._heap)[3]

    def take_all(self) -> list[Ready]:
        """Removes and gives everything."""
        taken = [entry[3] for entry in self._heap]
        self._heap.clear()
        return taken

    def __len__(self) -> int:
        return len(self._heap)

    def __bool__(self) -> bool:
        return True
