"""What a receipt's error code means for the messages to come: its number, its sender, and another try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.delivery.halts import Halts
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.outbox import MessageRecord
from engine.stops import Unreachable
from engine.types import ReceiptJudgement

AGAIN_AFTER = {ReceiptJudgement.AGAIN: timedelta(minutes=10), ReceiptJudgement.NEXT_DAY: timedelta(days=1)}
"""When a message that was not delivered is tried again: a handset that was off needs minutes, a cap another day."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message whose receipt has just brought an error code, and what its provider says of the code."""

    record: MessageRecord
    code: str
    judgement: ReceiptJudgement


async def draw(hands: Hands, live: Live, halts: Halts, receipts: Sequence[Undelivered]) -> None:
    """Draws the consequences of receipts that were recorded: suppresses numbers, rests senders, and queues new messages
    where the workspace asks for them."""
    now = hands.clock()
    if numbers := [
        Unreachable(one.record.workspace, one.record.to, one.code, "said in a receipt", now)
        for one in receipts
        if one.judgement is ReceiptJudgement.RECIPIENT and one.record.to is not None
    ]:
        await hands.ask(hands.store.suppress_numbers, numbers)
    for one in receipts:
        sending = live.sending(one.record.workspace)
        if one.judgement is ReceiptJudgement.SENDER:
            await halts.open(one.record.lane, one.code, "said in a receipt", sending.rest)
        elif one.judgement in AGAIN_AFTER and sending.retry_undelivered:
            due_at = now + AGAIN_AFTER[one.judgement]
            await hands.ask(hands.store.follow, one.record.id, at=now, due_at=due_at)
