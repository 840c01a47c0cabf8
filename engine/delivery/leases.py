"""What keeps a worker's claims its own: its heartbeat, leases that are renewed, and those of others that ran out."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.delivery.hands import Hands
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.outbox import ALIVE_WITHIN

logger = logging.getLogger("engine.delivery")


class Leases:
    """Looks after leases. `held` are the messages that are claimed and not yet committed, by id; `share` is told how
    many workers are alive."""

    def __init__(self, hands: Hands, live: Live, held: Mapping[str, Ready], share: Callable[[int], None]) -> None:
        self._hands = hands
        self._live = live
        self._held = held
        self._share = share

    async def beat(self) -> None:
        """Says that this worker is alive, and counts those that are."""
        hands = self._hands
        worker = replace(hands.worker, heartbeat_at=hands.clock())
        await hands.ask(hands.store.heartbeat, worker, alive_within=ALIVE_WITHIN)
        self._share(sum(other.is_alive(worker.heartbeat_at) for other in await hands.ask(hands.store.workers)))

    async def renew(self) -> None:
        """Extends the leases of what waits here for its lane."""
        hands = self._hands
        by_workspace = defaultdict(list)
        for message_id, ready in self._held.items():
            by_workspace[ready.claim.workspace].append(message_id)
        for workspace, ids in by_workspace.items():
            until = hands.clock() + self._live.sending(workspace).lease
            await hands.ask(hands.store.renew, owner=hands.owner, ids=ids, until=until)

    async def sweep(self) -> None:
        """Ends leases that ran out, whoever had them."""
        hands = self._hands
        swept = await hands.ask(hands.store.sweep, now=hands.clock(), first_look=self._live.longest_first_look())
        for state, count in swept.items():
            logger.info("%d leases ran out: now %s", count, state)
