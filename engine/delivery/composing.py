"""The compose stage: a claimed message becomes one that is ready for its lane, or the change that ends or postpones it.

A few messages are composed here, at once. A full slice goes to the helper, where there is one: composing takes a third
of the interpreter's time, and the helper has an interpreter of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from engine.delivery.halts import Halts
from engine.delivery.hands import Hands
from engine.delivery.helper import Helper
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.delivery.prepare import try_to_prepare
from engine.outbox import Change, Claim

MANY = 32
"""Messages that are worth the way to the helper and back."""

BREATH = 0.002
"""Seconds of composing at a stretch: then the wire has its turn."""

Made = Ready | Change | str
"""What became of a claim. A string says why this worker cannot compose it, whatever the message."""


class Composing:
    """Composes slices of claims."""

    def __init__(self, hands: Hands, live: Live, helper: Helper | None) -> None:
        self._hands = hands
        self._live = live
        self._helper = helper

    async def compose(self, claims: Sequence[Claim], halts: Halts) -> AsyncIterator[tuple[Claim, Made]]:
        """Gives each claim with what became of it. Raises StateUnavailable."""
        made = await self._beside(claims, halts)
        loop = asyncio.get_running_loop()
        breath = loop.time() + BREATH
        for n, claim in enumerate(claims):
            yield claim, self._here(claim, halts) if made is None else made[n]
            if loop.time() > breath:
                await asyncio.sleep(0)
                breath = loop.time() + BREATH

    def close(self) -> None:
        """Ends the helper, if there is one."""
        if self._helper is not None:
            self._helper.close()

    async def _beside(self, claims: Sequence[Claim], halts: Halts) -> Sequence[Made] | None:
        if self._helper is None or len(claims) < MANY:
            return None
        halted = halts.now
        parts = await self._helper.compose(claims, halted, self._hands.owner)
        if parts is None or halts.now != halted:  # a pause or a breaker that came meanwhile holds for them, too
            return None
        return [
            Ready(claim, *part) if isinstance(part, tuple) else part for claim, part in zip(claims, parts, strict=True)
        ]

    def _here(self, claim: Claim, halts: Halts) -> Made:
        hands = self._hands
        return try_to_prepare(claim, self._live, hands.plugins, halts.now, owner=hands.owner, now=hands.clock())
