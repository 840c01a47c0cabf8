"""Settles doubts: looks at the provider for messages that may or may not have gone out."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from engine.delivery import outcomes
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.errors import ConfigError, ProviderUnavailable
from engine.store import Change, Claim
from engine.types import MessageState, OutboundMessage

AT_ONCE = 50
"""Look-ups under way at the same time."""

TWIN_WAIT = timedelta(seconds=1)
"""How long to wait where another message with the same words is on its way to the same number."""


class Doubts:
    """Looks up what is in doubt, each look-up when its time has come."""

    def __init__(self, hands: Hands, live: Live) -> None:
        self._hands = hands
        self._live = live

    async def settle_due(self) -> int:
        """Looks up every doubt that is due; gives how many there were."""
        hands = self._hands
        due = await hands.ask(
            hands.store.due_doubts,
            owner=hands.owner,
            now=hands.clock(),
            lease=timedelta(seconds=120),
            limit=AT_ONCE,
        )
        await asyncio.gather(*(self._look_up(claim) for claim in due))
        return len(due)

    async def _look_up(self, claim: Claim) -> None:
        hands = self._hands
        sending = self._live.sending(claim.workspace)
        change = await self._answer(claim)
        (made,) = await hands.change([change])
        if not made and change.provider_id is not None:
            # Another message has taken that provider id in the meantime: look again, with it among the taken.
            again = hands.clock() + min(sending.look_ups[0], TWIN_WAIT)
            await hands.change([_postponed(claim, again, "doubt.taken-meanwhile", again - TWIN_WAIT)])

    async def _answer(self, claim: Claim) -> Change:
        hands = self._hands
        sending = self._live.sending(claim.workspace)
        frozen = claim.frozen
        if frozen is None or claim.attempt_started_at is None:
            raise AssertionError(f"message {claim.id} is in doubt without ever having been committed")
        now = hands.clock()
        twin = await hands.ask(hands.store.in_flight, claim.workspace, frozen.to, frozen.body, except_for=claim.id)
        if twin:
            return _postponed(claim, now + TWIN_WAIT, "doubt.twin-in-flight", now)
        taken = await hands.ask(hands.store.taken, claim.workspace, frozen.to, except_for=claim.id)
        message = OutboundMessage(
            id=claim.id,
            workspace=claim.workspace,
            attempt=claim.attempt,
            to=frozen.to,
            sender=frozen.sender,
            body=frozen.body,
            media=frozen.media,
            country=frozen.country,
        )
        try:
            provider = self._live.provider(claim.workspace, claim.release)
            found = await provider.find(message, since=claim.attempt_started_at, taken=taken)
        except (ProviderUnavailable, ConfigError) as error:
            wait = sending.look_ups[min(claim.look_ups, len(sending.look_ups) - 1)]
            return _postponed(claim, now + wait, f"doubt.provider-unavailable: {error.message}", now)
        return outcomes.looked_up(claim.id, claim.attempt, claim.look_ups, found, hands.clock(), sending)


def _postponed(claim: Claim, due_at: datetime, reason: str, now: datetime) -> Change:
    return Change(
        id=claim.id,
        was=outcomes.DOUBTFUL,
        state=MessageState.IN_DOUBT,
        at=now,
        attempt=claim.attempt,
        reason=reason,
        due_at=due_at,
        look_ups=claim.look_ups,
    )
