"""Asks the provider what became of messages that it took."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from engine.delivery import outcomes
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.errors import ConfigError, ProviderUnavailable
from engine.store import Change, MessageRecord

logger = logging.getLogger("engine.delivery")

WORTH_ASKING = timedelta(days=3)
"""After this long without news, there will be none: carriers report within 72 hours, or never."""

AT_ONCE = 20
"""Questions under way at the same time: receipts are never urgent enough to crowd out sending."""


class Receipts:
    """Polls unfinished messages, a page at a time, each again when the one before it has had its turn."""

    def __init__(self, hands: Hands, live: Live) -> None:
        self._hands = hands
        self._live = live
        self._after = ""

    async def poll(self, *, older_than: timedelta, limit: int = 200) -> int:
        """Asks about one page of messages whose last change is older; gives how many moved on."""
        hands = self._hands
        page = await hands.ask(
            hands.store.unfinished, now=hands.clock(), older_than=older_than, limit=limit, after=self._after
        )
        self._after = page[-1].id if len(page) == limit else ""
        limited = asyncio.Semaphore(AT_ONCE)

        async def ask(record: MessageRecord) -> Change | None:
            async with limited:
                return await self._ask(record)

        changes = await asyncio.gather(*(ask(record) for record in page))
        return sum(await hands.change(change for change in changes if change is not None))

    async def _ask(self, record: MessageRecord) -> Change | None:
        if record.provider_id is None or self._hands.clock() - record.updated_at > WORTH_ASKING:
            return None
        try:
            provider = self._live.provider(record.workspace, record.via or record.release)
            update = await provider.status(record.provider_id)
        except (ProviderUnavailable, ConfigError):
            return None
        except Exception:
            logger.exception("asking what became of message %s crashed", record.id)
            return None
        if outcomes.AT_PROVIDER[update.status] is record.state:
            return None
        return outcomes.receipt(record.id, update.status, update.error_code, self._hands.clock())
