"""Settles doubts: looks at the provider for messages that may or may not have gone out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.delivery import outcomes
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.errors import ConfigError, CredentialsRefused, EngineError, ProviderUnavailable
from engine.outbox import Change, Claim, Frozen
from engine.types import Absent, Ambiguous, Found, MessageState, OutboundMessage

logger = logging.getLogger("engine.delivery")

AT_ONCE = 50
"""Look-ups under way at the same time."""

SHORT_WAIT = timedelta(seconds=1)
"""How long to wait where another message could be taken for the one in doubt."""

Unanswerable = Callable[[str, str], None]
"""Called with a workspace and why its provider cannot be asked by us: a person must act."""


class Doubts:
    """Looks up what is in doubt, each look-up when its time has come."""

    def __init__(self, hands: Hands, live: Live, unanswerable: Unanswerable) -> None:
        self._hands = hands
        self._live = live
        self._unanswerable = unanswerable

    async def settle_due(self) -> int:
        """Looks up every doubt that is due; gives how many there were."""
        hands = self._hands
        due = await hands.ask(
            hands.store.due_doubts,
            owner=hands.owner,
            now=hands.clock(),
            lease=self._live.longest_lease(),
            limit=AT_ONCE,
        )
        await asyncio.gather(*(self._look_up(claim) for claim in due))
        return len(due)

    async def _look_up(self, claim: Claim) -> None:
        """Makes one look-up. What it finds may have become another message's in the meantime: then it is looked for
        again, that one left out."""
        taken: set[str] = set()
        while True:
            change = await self._answer(claim, taken)
            (made,) = await self._hands.change([change])
            if made or change.provider_id is None or change.provider_id in taken:
                return
            taken.add(change.provider_id)

    async def _answer(self, claim: Claim, taken: set[str]) -> Change:
        hands = self._hands
        sending = self._live.sending(claim.workspace)
        frozen = claim.frozen
        if frozen is None or claim.attempt_started_at is None:
            raise AssertionError(f"message {claim.id} is in doubt without ever having been committed")
        now = hands.clock()
        if await hands.ask(hands.store.must_wait, frozen.to, frozen.body, except_for=claim.id):
            return _postponed(claim, now + SHORT_WAIT, "doubt.another-in-flight", now)
        known = await hands.ask(hands.store.taken, frozen.to, except_for=claim.id)
        message = as_sent(claim, frozen)
        wait = sending.look_ups[min(claim.look_ups, len(sending.look_ups) - 1)]
        found: Found | Absent | Ambiguous
        try:
            provider = self._live.provider(claim.workspace, claim.via or claim.release)
            found = await provider.find(message, since=claim.attempt_started_at, taken=known | taken)
        except (ProviderUnavailable, ConfigError) as error:
            if isinstance(error, CredentialsRefused | ConfigError):
                self._unanswerable(claim.workspace, error.message)
            return _postponed(claim, now + wait, f"doubt.provider-unavailable: {error.message}", now)
        except EngineError:
            raise
        except Exception as error:
            # A provider that always crashes must not keep a doubt for ever: in the end a person looks.
            logger.exception("the look-up of message %s crashed", claim.id)
            found = Ambiguous(f"the look-up crashed: {type(error).__name__}: {error}")
        return outcomes.looked_up(claim.id, claim.attempt, claim.look_ups, found, hands.clock(), sending)


def as_sent(claim: Claim, frozen: Frozen, *, status_callback: str | None = None) -> OutboundMessage:
    """Gives the message of a claim's last attempt, as it went to the provider."""
    return OutboundMessage(
        id=claim.id,
        workspace=claim.workspace,
        attempt=claim.attempt,
        to=frozen.to,
        sender=frozen.sender,
        body=frozen.body,
        media=frozen.media,
        status_callback=status_callback,
        country=frozen.country,
    )


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
