"""Asks the provider what became of messages that it took."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from engine.delivery import outcomes
from engine.delivery.consequences import Undelivered, draw
from engine.delivery.halts import Halts
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.errors import ConfigError, ProviderUnavailable
from engine.outbox import Change, MessageRecord

logger = logging.getLogger("engine.delivery")

WORTH_ASKING = timedelta(days=3)
"""After this long without news, there will be none: carriers report within 72 hours, or never."""

AT_ONCE = 20
"""Questions under way at the same time: receipts are never urgent enough to crowd out sending."""


class Receipts:
    """Polls unfinished messages, a page at a time, each again when the one before it has had its turn."""

    def __init__(self, hands: Hands, live: Live, halts: Halts) -> None:
        self._hands = hands
        self._live = live
        self._halts = halts
        self._after = ""

    async def poll(self, *, older_than: timedelta, limit: int = 200) -> int:
        """Asks about one page of messages whose last change is older; gives how many moved on."""
        hands = self._hands
        page = await hands.ask(
            hands.store.unfinished, now=hands.clock(), older_than=older_than, limit=limit, after=self._after
        )
        self._after = page[-1].id if len(page) == limit else ""
        limited = asyncio.Semaphore(AT_ONCE)

        async def ask(record: MessageRecord) -> tuple[Change, Undelivered | None] | None:
            async with limited:
                return await self._ask(record)

        answers = [answer for answer in await asyncio.gather(*(ask(record) for record in page)) if answer is not None]
        made = await hands.change(change for change, _ in answers)
        bad = [undelivered for (_, undelivered), is_made in zip(answers, made, strict=True) if is_made and undelivered]
        await draw(hands, self._live, self._halts, bad)
        return sum(made)

    async def _ask(self, record: MessageRecord) -> tuple[Change, Undelivered | None] | None:
        if record.provider_id is None or self._hands.clock() - record.updated_at > WORTH_ASKING:
            return None
        try:
            provider = self._live.provider(record.workspace, record.via or record.release)
            update = await provider.status(record.provider_id)
            judgement = provider.judge(update.error_code) if update.error_code else None
        except (ProviderUnavailable, ConfigError):
            return None
        except Exception:
            logger.exception("asking what became of message %s crashed", record.id)
            return None
        if outcomes.AT_PROVIDER[update.status] is record.state:
            return None
        change = outcomes.receipt(record.id, update.status, update.error_code, self._hands.clock())
        if judgement is None or update.error_code is None:
            return change, None
        judged = replace(change, error_kind=str(judgement))
        return judged, Undelivered(record, update.error_code, judgement)
