"""Asks providers for texts that their webhooks did not bring: at the start and every few minutes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.contracts import Provider
from engine.delivery.hands import cancel
from engine.delivery.live import Live
from engine.errors import ConfigError, ProviderUnavailable, StateUnavailable
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Clock, InboundMessage, SenderKind
from engine.web.intake import Intake
from engine.web.lines import OpenLine

logger = logging.getLogger("engine.web")

OVERLAP = timedelta(minutes=2)
"""Asked again about: a provider's clock is not ours, and its lists are not always up to date."""

GRACE = timedelta(minutes=1)
"""A newer text is left to its webhook, which alone says what the provider took it for."""

LOOK_EVERY = 1.0
"""Seconds between two looks at whose turn it is."""

AT_ONCE = 100
"""Texts handed in together."""


@dataclass(frozen=True, slots=True)
class InboundPolls:
    """How often texts are asked for: where the provider does not call us, and where only what its calls missed is."""

    uncalled: timedelta = timedelta(seconds=15)
    called: timedelta = timedelta(minutes=5)


@asynccontextmanager
async def polling(store: Store, plugins: Plugins, live: Live, clock: Clock) -> AsyncIterator[None]:
    """Polls within, where there is no web server beside it; `live` may be the send loop's."""
    intake = Intake(store, plugins, live, clock, "poller")
    intake.start()
    task = asyncio.create_task(InboundPoller(intake, store, clock).run())
    try:
        yield
    finally:
        await cancel([task])
        await asyncio.to_thread(intake.close)


class InboundPoller:
    """Hands in what the providers list; a text that is known already changes nothing."""

    def __init__(self, intake: Intake, store: Store, clock: Clock, polls: InboundPolls | None = None) -> None:
        self._intake = intake
        self._store = store
        self._clock = clock
        self._polls = polls or InboundPolls()
        self._next: dict[str, float] = {}  # workspace → monotonic

    async def run(self) -> None:
        """Polls until cancelled."""
        while True:
            await self.poll()
            await asyncio.sleep(LOOK_EVERY)

    async def poll(self) -> None:
        """Asks for every workspace whose turn it is. What fails is logged, and asked for again the next time."""
        now = asyncio.get_running_loop().time()
        lines = self._intake.lines
        for name, line in lines.by_name.items():
            provider = line.provider
            if now < self._next.get(name, now) or provider is None or type(provider).inbound is Provider.inbound:
                continue
            called = bool(lines.public_url) and provider.makes_calls()
            self._next[name] = now + (self._polls.called if called else self._polls.uncalled).total_seconds()
            try:
                await self._poll(name, line, provider, self._clock() - (GRACE if called else timedelta(0)))
            except (ProviderUnavailable, ConfigError, StateUnavailable) as error:
                logger.warning("the texts that %s received could not be asked for: %s", name, error.message)
            except Exception:
                logger.exception("asking for the texts that %s received crashed", name)

    async def _poll(self, name: str, line: OpenLine, provider: Provider[Any], until: datetime) -> None:
        since = await asyncio.to_thread(self._store.inbound_until, name)
        if since is None:
            # What came before Engine did is not for it to answer.
            await asyncio.to_thread(self._store.set_inbound_until, name, self._clock() + OVERLAP)
            return
        senders = line.line.workspace.senders.values()
        to = [one.value for one in senders if one.sender_kind is not SenderKind.ALPHANUMERIC]
        texts = await provider.inbound(since=since - OVERLAP, to=to) if to else ()
        due = [text for text in texts if text.at is None or text.at <= until]
        for start in range(0, len(due), AT_ONCE):
            await self._hand_in(name, due[start : start + AT_ONCE])
        await asyncio.to_thread(self._store.set_inbound_until, name, until)

    async def _hand_in(self, name: str, texts: Sequence[InboundMessage]) -> None:
        received = await asyncio.gather(*(self._intake.text(name, text) for text in texts))
        if missed := sum(not one.repeated for one in received):
            logger.warning("%d texts to %s came without a webhook", missed, name)
