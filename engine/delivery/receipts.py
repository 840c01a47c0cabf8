"""Asks the provider what became of messages that it took."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from engine.delivery import outcomes
from engine.delivery.consequences import Undelivered, record
from engine.delivery.halts import Halts
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.errors import ConfigError, ProviderUnavailable
from engine.outbox import Change, MessageRecord
from engine.types import ReceiptJudgement

logger = logging.getLogger("engine.delivery")

WORTH_ASKING = timedelta(days=3)
"""After this long without news, there will be none: carriers report within 72 hours, or never."""

AT_ONCE = 20
"""Questions under way at the same time: receipts are never urgent enough to crowd out sending."""

PAGE = 200


@dataclass(frozen=True, slots=True)
class Polls:
    """How often the provider is asked, and about messages whose last change is how old: where it calls nobody, and
    where it calls us and only what its calls missed is asked for."""

    uncalled: timedelta = timedelta(seconds=5)
    called: timedelta = timedelta(minutes=5)


DEFAULT_POLLS = Polls()


class Receipts:
    """Polls unfinished messages, a page at a time, each again when the one before it has had its turn."""

    def __init__(self, hands: Hands, live: Live, halts: Halts, polls: Polls) -> None:
        self._hands = hands
        self._live = live
        self._halts = halts
        self._polls = polls
        self._after = ""

    async def run(self) -> None:
        """Polls until cancelled: all that is unfinished at the start and every so often, and between two such rounds
        what nobody calls back about."""
        loop = asyncio.get_running_loop()
        await self._round(self._polls.uncalled)
        rounds_at = loop.time() + self._polls.called.total_seconds()
        while True:
            await asyncio.sleep(self._polls.uncalled.total_seconds())
            if loop.time() >= rounds_at:
                await self._round(self._polls.called)
                rounds_at = loop.time() + self._polls.called.total_seconds()
            self._after = (
                await self._page(self._polls.uncalled, after=self._after, without=self._live.called_back) or ""
            )

    async def poll(self) -> None:
        """Asks about a page of what is unfinished, however new."""
        await self._page(timedelta(0))

    async def _round(self, older_than: timedelta) -> None:
        after: str | None = ""
        while after is not None:
            after = await self._page(older_than, after=after)

    async def _page(self, older_than: timedelta, *, after: str = "", without: Collection[str] = ()) -> str | None:
        """Asks about a page of messages whose last change is older; gives where the next begins, None at the end."""
        hands = self._hands
        page = await hands.ask(
            hands.store.unfinished,
            now=hands.clock(),
            older_than=older_than,
            limit=PAGE,
            after=after,
            without=without,
        )
        limited = asyncio.Semaphore(AT_ONCE)

        async def ask(message: MessageRecord) -> tuple[Change, Undelivered | None] | None:
            async with limited:
                return await self._ask(message)

        answers = [answer for answer in await asyncio.gather(*(ask(one) for one in page)) if answer is not None]
        made = await hands.ask(record, hands.store, answers, hands.clock()) if answers else []
        for (change, _), is_made in zip(answers, made, strict=True):
            if is_made:
                hands.tell(change.id, change.state, change.reason)
        if any(bad is not None and bad.judgement is ReceiptJudgement.SENDER for _, bad in answers):
            await self._halts.refresh()
        return page[-1].id if len(page) == PAGE else None

    async def _ask(self, message: MessageRecord) -> tuple[Change, Undelivered | None] | None:
        if message.provider_id is None or self._hands.clock() - message.updated_at > WORTH_ASKING:
            return None
        try:
            provider = self._live.provider(message.workspace, message.via or message.release)
            update = await provider.status(message.provider_id)
            judgement = provider.judge(update.error_code) if update.error_code else None
        except (ProviderUnavailable, ConfigError):
            return None
        except Exception:
            logger.exception("asking what became of message %s crashed", message.id)
            return None
        if outcomes.AT_PROVIDER[update.status] is message.state:
            return None
        change = outcomes.receipt(message.id, update.status, update.error_code, self._hands.clock())
        if judgement is None or update.error_code is None:
            return change, None
        judged = replace(change, error_kind=str(judgement))
        workspace = self._live.workspace(message.workspace, message.release)
        return judged, Undelivered.of(message, update.error_code, judgement, workspace)
