"""A sender is a lane: its messages wait here for their turn, at the pace its provider allows."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from itertools import count

from engine.delivery.pace import Pace
from engine.outbox import Claim, Frozen, Prepared
from engine.record import record
from engine.types import OutboundMessage, Purpose

RANK = {Purpose.REPLY: 0, Purpose.TRANSACTIONAL: 1, Purpose.MARKETING: 2}
"""Which purposes go first."""

EVERY = 10
"""Of so many messages one is the oldest that others, more urgent ones, would overtake: nobody waits for ever."""


@record
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
    owed: float = 0.0  # claims that are due to what is less urgent
    coming: int = 0  # claimed and not yet composed
    _heap: list[tuple[int, float, int, Ready]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)
    _ranks: list[int] = field(default_factory=lambda: [0] * len(RANK))  # how many of each wait here
    _taken: int = 0

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

    @property
    def least(self) -> int:
        """How much room makes a claim worth its transaction. A slow lane claims one by one: the less it holds, the
        sooner an urgent message has its turn."""
        return max(1, self.capacity // 16)

    def put(self, ready: Ready) -> None:
        """Adds a message: by purpose, then by when it fell due."""
        claim = ready.claim
        rank = RANK[claim.purpose]
        self._ranks[rank] += 1
        heapq.heappush(self._heap, (rank, claim.due_at.timestamp(), next(self._order), ready))

    @property
    def next(self) -> Ready:
        """The message whose turn it is. Raises IndexError when empty."""
        return self._heap[self._turn()][3]

    @property
    def urgency(self) -> int:
        """How urgent its next message is; 0 is the most. Raises IndexError when empty."""
        return self._heap[self._turn()][0]

    def take(self) -> Ready:
        """Removes and gives the message whose turn it is. Raises IndexError when empty."""
        heap, turn = self._heap, self._turn()
        if turn:
            taken, heap[turn] = heap[turn], heap[-1]
            heap.pop()
            heapq.heapify(heap)
        else:
            taken = heapq.heappop(heap)
        self._ranks[taken[0]] -= 1
        self._taken += 1
        return taken[3]

    def take_all(self) -> list[Ready]:
        """Removes and gives everything."""
        taken = [entry[3] for entry in self._heap]
        self._heap.clear()
        self._ranks = [0] * len(RANK)
        return taken

    def _turn(self) -> int:
        """Gives the place in the heap of the message whose turn it is: the most urgent, but now and then the oldest
        of those that are less urgent."""
        heap = self._heap
        if (self._taken + 1) % EVERY or not heap or self._ranks[heap[0][0]] == len(heap):
            return 0
        return min((i for i, entry in enumerate(heap) if entry[0] > heap[0][0]), key=lambda i: heap[i][1:3])

    def __len__(self) -> int:
        return len(self._heap)

    def __bool__(self) -> bool:
        return True
