"""What holds back whole lanes: pauses that a person made, and breakers that a provider's refusals opened.

The state has the last word (the commit asks it); this is a worker's copy, a second old at most.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.delivery.gates import Action, Verdict
from engine.delivery.hands import Hands
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.errors import SendError, StateUnavailable
from engine.outbox import Claim
from engine.stops import Breaker, Pause, scopes_of

logger = logging.getLogger("engine.delivery")

LONGEST_REST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Halted:
    """The pauses and breakers in force, by scope. A worker's copy."""

    pauses: Mapping[str, Pause] = field(default_factory=dict)
    breakers: Mapping[str, Breaker] = field(default_factory=dict)

    def pause(self, workspace: str, template: str, sender: str = "") -> Pause | None:
        """Gives the pause that a message is under, the widest of them."""
        if not self.pauses:
            return None
        return next((self.pauses[s] for s in scopes_of(workspace, template, sender) if s in self.pauses), None)

    def resting(self, workspace: str, now: datetime) -> frozenset[str]:
        """Gives the names of a workspace's senders that rest."""
        if not self.breakers:
            return frozenset()
        lane = f"{workspace}/sender/"
        return frozenset(
            s.removeprefix(lane) for s, b in self.breakers.items() if s.startswith(lane) and b.is_open(now)
        )

    def breaker(self, claim: Claim, lane: str, now: datetime) -> Breaker | None:
        """Gives the breaker that keeps a message from its lane. One that is half open keeps back all but what was
        claimed from that very lane, which is one message at a time."""
        found = self.breakers.get(lane)
        if found is None or (claim.lane == lane and not found.is_open(now)):
            return None
        return found


def why_paused(pause: Pause) -> str:
    """Gives the reason that a message of a paused scope waits for."""
    return f"paused: {pause.scope} by {pause.by}: {pause.why}"


def paused(pause: Pause) -> Verdict:
    """The verdict on a message of a paused scope."""
    return Verdict("paused", Action.LATER, _rule(pause.scope), why_paused(pause))


def rests(breaker: Breaker) -> Verdict:
    """The verdict on a message whose sender rests."""
    reason = f"lane.rests: {breaker.scope}: {breaker.code}: {breaker.message}"
    return Verdict("lane", Action.LATER, _rule(breaker.scope), reason)


class Halts:
    """Keeps a worker's copy of pauses and breakers, and tries half-open ones with one message."""

    def __init__(self, hands: Hands, live: Live) -> None:
        self._hands = hands
        self._live = live
        self._trying: dict[str, tuple[str, ...]] = {}  # lane → the scopes for which a message of it is being claimed
        self._tried: dict[str, tuple[str, ...]] = {}  # message → the scopes that it tries
        self.now = Halted()

    async def refresh(self) -> None:
        """Reads what is in force."""
        store = self._hands.store
        pauses = await self._hands.ask(store.pauses)
        breakers = await self._hands.ask(store.breakers)
        self.now = Halted({pause.scope: pause for pause in pauses}, {breaker.scope: breaker for breaker in breakers})

    async def begin(self) -> None:
        """Lets one message of each workspace try again whose credentials were refused: whoever starts a worker may
        have set the variable that was wrong."""
        await self.refresh()
        for scope in self.now.breakers:
            if "/" not in scope:
                await self._hands.ask(self._hands.store.half_open_breaker, scope, at=self._hands.clock())
        await self.refresh()

    def holds(self, lane: str) -> bool:
        """True where nothing may be claimed from a lane until a person or time has acted."""
        workspace = lane.partition("/")[0]
        if lane in self.now.pauses or workspace in self.now.pauses:
            return True
        if not self.now.breakers:
            return False
        now = self._hands.clock()
        whole, own = self.now.breakers.get(workspace), self.now.breakers.get(lane)
        if whole is not None and whole.is_open(now):
            return True
        return own is not None and own.is_open(now) and not self._live.can_move(lane)

    async def allowed(self, lane: str, most: int) -> int:
        """Gives how many messages of a lane may be claimed now: `most`, none, or one to try a half-open breaker."""
        if self.holds(lane):
            return 0
        if not self.now.breakers:
            return most
        now = self._hands.clock()
        half_open = [
            scope
            for scope in (lane.partition("/")[0], lane)
            if (found := self.now.breakers.get(scope)) is not None and not found.is_open(now)
        ]
        taken: list[str] = []
        until = now + self._live.sending(lane.partition("/")[0]).lease
        for scope in half_open:
            if not await self._take(scope, now, until):
                await self._end(taken)
                return 0
            taken.append(scope)
        if not taken:
            return most
        self._trying[lane] = tuple(taken)
        return 1

    async def claimed(self, lane: str, claims: Sequence[Claim]) -> None:
        """Remembers which message tries a half-open breaker, if one does."""
        scopes = self._trying.pop(lane, ())
        if scopes and claims:
            self._tried[claims[0].id] = scopes
        elif scopes:
            await self._end(scopes)

    async def untried(self, message_id: str, *, but: Ready | None = None) -> None:
        """A message told nothing of the breakers that it was to try, or of those that its lane does not go through."""
        scopes = self._tried.pop(message_id, ())
        kept = tuple(s for s in scopes if but is not None and s in (but.lane, but.claim.workspace))
        if kept:
            self._tried[message_id] = kept
        await self._end([scope for scope in scopes if scope not in kept])

    def tries(self, message_id: str) -> bool:
        """True for a message that tries a half-open breaker."""
        return message_id in self._tried

    async def give_up(self) -> None:
        """Gives every right to try back: this worker stops."""
        scopes = [scope for scopes in (*self._tried.values(), *self._trying.values()) for scope in scopes]
        self._tried.clear()
        self._trying.clear()
        await self._end(scopes)

    async def answered(self, message_id: str) -> None:
        """A message went through: closes the breakers that it tried."""
        for scope in self._tried.pop(message_id, ()):
            await self._hands.ask(self._hands.store.close_breaker, scope, at=self._hands.clock())
            logger.warning("%s works again", scope)
        await self.refresh()

    async def refused(self, ready: Ready, error: SendError) -> Breaker:
        """Opens the breaker of a message's sender or, for refused credentials, of its workspace. Gives it."""
        self._tried.pop(ready.claim.id, None)
        scope = ready.claim.workspace if error.credentials else ready.lane
        rest = error.retry_after or self._live.sending(ready.claim.workspace).rest
        # The recipient's number may stand in the provider's words, and must not outlive the message.
        words = error.message.replace(ready.frozen.to, "the recipient")
        return await self.open(scope, error.code, words, rest)

    async def open(self, scope: str, code: str, message: str, rest: timedelta) -> Breaker:
        """Opens a breaker, unless it is open already, and gives it."""
        hands, now = self._hands, self._hands.clock()
        found = self.now.breakers.get(scope)
        if found is not None and found.is_open(now):
            return found
        try:
            breaker = await hands.ask(
                hands.store.open_breaker, scope, code=code, message=message, at=now, rest=rest, longest=LONGEST_REST
            )
        except StateUnavailable:
            # What is known of the message counts more: it was not sent. This worker rests all the same.
            breaker = Breaker(scope, code, message, now, now + rest, 1)
        self.now = replace(self.now, breakers={**self.now.breakers, scope: breaker})
        logger.warning("%s rests until %s: %s: %s", scope, breaker.until, code, message)
        return breaker

    async def _take(self, scope: str, now: datetime, until: datetime) -> bool:
        found = self.now.breakers[scope]
        if found.tried_until is not None and now < found.tried_until:
            return False
        taken = await self._hands.ask(self._hands.store.try_breaker, scope, at=now, until=until)
        if taken and scope in self.now.breakers:
            tried = replace(found, tried_until=until)
            self.now = replace(self.now, breakers={**self.now.breakers, scope: tried})
        return taken

    async def _end(self, scopes: Sequence[str]) -> None:
        for scope in scopes:
            await self._hands.ask(self._hands.store.end_try, scope)
        if scopes:
            await self.refresh()


def _rule(scope: str) -> str:
    return scope if "/" in scope else f"{scope}/workspace"
