"""Pace: how fast a sender, or all senders of a workspace, may let segments go.

Two rules hold at once: messages are spread evenly, and over any ten seconds no more segments go than ten times the
rate. What goes faster than a number may send waits in the provider's queue, where nothing can overtake it any more.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil

WINDOW = 10.0
"""Seconds over which the rate is promised."""

ROOM = 0.15
"""Seconds by which the window that is kept is longer than the one that is promised. Commits and networks do not hold up
every message equally long: what leaves evenly arrives a little closer together. Costs 1.5 % of the rate."""

CATCH_UP = 0.05
"""Seconds of its rate that a lane may make up for after a late wake-up; more would be a burst."""

GRAIN = 0.01
"""Seconds whose messages are remembered as one, so that memory does not grow with the rate."""

SECOND = 1_000_000_000
BUDGET = int(WINDOW) * SECOND + 1_000
"""Nanoseconds of the rate in a window. The last thousand make up for rounding up, and are no whole segment of any rate
below a million a second."""


@dataclass(slots=True)
class _Grain:
    begin: float
    end: float
    cost: int


class Pace:
    """Lets segments through at a steady rate. Time is monotonic seconds, given by the caller.

    What was let go is remembered as the time that it took of the rate that held then, in nanoseconds, rounded up: so
    a rate may change at any moment, and no sum of fractions ever comes to more than the rate. Between its turn and its
    call a message is committed, which a slow disk may hold up: what counts in a window is when it left.
    """

    def __init__(self, segments_a_second: float, *, not_before: float = float("-inf")) -> None:
        self.segments_a_second = segments_a_second
        self._free_at = not_before
        self._gone: deque[_Grain] = deque()
        self._sum = 0  # of what has left
        self._leaving = 0  # of what has had its turn and not left yet

    def delay(self, now: float, segments: int = 1) -> float:
        """Gives the seconds until a message of so many segments may go. One that is longer than all that a window
        allows goes when nothing else has gone for a window."""
        self._forget(now)
        wait = self._free_at - now
        over = self._sum + self._leaving + self._cost(segments) - BUDGET
        if over > 0:
            for grain in self._gone:
                wait = max(wait, grain.end + WINDOW + ROOM - now)
                over -= grain.cost
                if over <= 0:
                    break
            if over > 0 and self._leaving:
                wait = max(wait, GRAIN)
        return max(0.0, wait)

    def take_turn(self, segments: int, now: float) -> int:
        """Counts a message whose turn it is. Gives its cost, in nanoseconds of the rate: for `leave` or `refund`."""
        cost = self._cost(segments)
        self._free_at = max(self._free_at, now - CATCH_UP) + cost / SECOND * (1 + ROOM / WINDOW)
        self._leaving += cost
        return cost

    def refund(self, cost: int) -> None:
        """Forgets a message that had its turn and will not leave."""
        self._leaving -= cost

    def leave(self, cost: int, now: float) -> None:
        """Remembers when a message that had its turn left."""
        self._forget(now)
        self._leaving -= cost
        self._sum += cost
        if self._gone and now - self._gone[-1].begin < GRAIN:
            self._gone[-1].end = now
            self._gone[-1].cost += cost
        else:
            self._gone.append(_Grain(now, now, cost))

    def _cost(self, segments: int) -> int:
        return ceil(segments * SECOND / self.segments_a_second)

    def _forget(self, now: float) -> None:
        while self._gone and self._gone[0].end + WINDOW + ROOM <= now:
            self._sum -= self._gone.popleft().cost
