"""Whose turn it is: what a sender's rate, its workspace's ceiling and the other workers leave to each lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.delivery.lanes import Lane, Ready
from engine.delivery.live import Live
from engine.delivery.pace import Pace

NOTICED = 3.0
"""Seconds after which a new worker has been noticed by the others, who look once a second."""

YIELD = 0.002
"""Seconds that a lane lets a more urgent one go first, where both wait for their workspace's ceiling."""


class Turns:
    """Paces the lanes of one worker. Workers on the same state share every rate in equal parts; one that starts beside
    others waits until they have noticed."""

    def __init__(self, live: Live, lanes: Mapping[str, Lane]) -> None:
        self._live = live
        self._lanes = lanes
        self._ceilings: dict[str, Pace] = {}  # workspace → what all its senders share
        self._had_turn: dict[str, list[tuple[Pace, int]]] = {}  # message that has not left → what it costs each pace
        self._workers = 1
        self._quiet_until = float("-inf")

    def begin(self, now: float) -> None:
        """Called once the other workers have been counted, and before the first lane."""
        if self._workers > 1:
            self._quiet_until = now + NOTICED

    def share(self, workers: int) -> None:
        """Sets how many workers are alive, this one among them."""
        self._workers = max(1, workers)
        self.follow()

    def follow(self) -> None:
        """Follows the rates of the live release."""
        for lane in self._lanes.values():
            lane.pace.segments_a_second = self._rate(lane.name)
            self._set_ceiling(lane.workspace)

    def pace(self, name: str) -> Pace:
        """Makes the pace of a new lane."""
        self._set_ceiling(name.partition("/")[0])
        return Pace(self._rate(name), not_before=self._quiet_until)

    def delay(self, lane: Lane, now: float) -> float:
        """Gives the seconds until a lane's next message may go. Under a ceiling, another lane whose next message is
        more urgent has the turn."""
        segments = lane.next.frozen.segments
        delay = lane.pace.delay(now, segments)
        ceiling = self._ceilings.get(lane.workspace)
        if ceiling is None:
            return delay
        if (delay := max(delay, ceiling.delay(now, segments))) > 0:
            return delay
        rivals = (other for other in self._lanes.values() if other.workspace == lane.workspace and len(other))
        if any(o.urgency < lane.urgency and not o.pace.delay(now, o.next.frozen.segments) for o in rivals):
            return YIELD
        return 0.0

    def take(self, lane: Lane, now: float) -> Ready:
        """Takes the message whose turn it is out of a lane."""
        ready = lane.take()
        segments = ready.frozen.segments
        self._had_turn[ready.claim.id] = [(pace, pace.take_turn(segments, now)) for pace in self._paces(lane)]
        return ready

    def left(self, message_id: str, now: float) -> None:
        """A message that had its turn leaves now."""
        for pace, cost in self._had_turn.pop(message_id, ()):
            pace.leave(cost, now)

    def missed(self, message_id: str) -> None:
        """A message that had its turn will not leave; without effect for one that has left."""
        for pace, cost in self._had_turn.pop(message_id, ()):
            pace.refund(cost)

    def _paces(self, lane: Lane) -> Sequence[Pace]:
        ceiling = self._ceilings.get(lane.workspace)
        return (lane.pace,) if ceiling is None else (lane.pace, ceiling)

    def _rate(self, name: str) -> float:
        sender = self._live.sender(name)
        return (sender.pace.per_second if sender else 1.0) / self._workers

    def _set_ceiling(self, workspace: str) -> None:
        wanted = self._live.sending(workspace).rate
        if wanted is None:
            self._ceilings.pop(workspace, None)
            return
        rate = wanted.per_second / self._workers
        if workspace not in self._ceilings:
            self._ceilings[workspace] = Pace(rate, not_before=self._quiet_until)
        self._ceilings[workspace].segments_a_second = rate
