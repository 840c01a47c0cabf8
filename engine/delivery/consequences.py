"""What a receipt's error code means for the messages to come: its number, its sender, and another try."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from engine.config.models import ConsentConfig, Workspace
from engine.config.settings_models import Sending
from engine.delivery.halts import LONGEST_REST
from engine.outbox import Change, MessageRecord
from engine.stops import Unreachable
from engine.store import Store
from engine.types import Consent, ConsentState, ReceiptJudgement

logger = logging.getLogger("engine.delivery")

AGAIN_AFTER = {ReceiptJudgement.AGAIN: timedelta(minutes=10), ReceiptJudgement.NEXT_DAY: timedelta(days=1)}
"""When a message that was not delivered is tried again: a handset that was off needs minutes, a cap another day."""

SAID = "said in a receipt"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message whose receipt has just brought an error code, what its provider says of the code, and the rules in
    force."""

    record: MessageRecord
    code: str
    judgement: ReceiptJudgement
    sending: Sending
    consent: ConsentConfig

    @classmethod
    def of(cls, record: MessageRecord, code: str, judgement: ReceiptJudgement, workspace: Workspace) -> Self:
        """Gives it under a workspace's rules."""
        return cls(record, code, judgement, workspace.settings.sending, workspace.consent)


def record(store: Store, receipts: Sequence[tuple[Change, Undelivered | None]], now: datetime) -> list[bool]:
    """Makes the changes of receipts, and in the same transaction draws the consequences of those that were made. Gives
    which were."""
    with store.together():
        made = list(store.change([change for change, _ in receipts]))
        _draw(store, [bad for (_, bad), is_made in zip(receipts, made, strict=True) if is_made and bad], now)
        return made


def _draw(store: Store, receipts: Sequence[Undelivered], now: datetime) -> None:
    """Suppresses numbers, takes consent back, rests senders, and queues new messages where that is asked for."""
    if numbers := [
        Unreachable(one.record.workspace, one.record.to, one.code, SAID, now)
        for one in receipts
        if one.judgement is ReceiptJudgement.RECIPIENT and one.record.to is not None
    ]:
        store.suppress_numbers(numbers)
    if stops := [
        _stop(one, one.record.to, now)
        for one in receipts
        if one.judgement is ReceiptJudgement.STOPPED and one.record.to is not None
    ]:
        store.record_consent(stops)
    for one in receipts:
        if one.judgement is ReceiptJudgement.SENDER:
            breaker = store.open_breaker(
                one.record.lane, code=one.code, message=SAID, at=now, rest=one.sending.rest, longest=LONGEST_REST
            )
            logger.warning("%s rests until %s: %s: %s", breaker.scope, breaker.until, breaker.code, breaker.message)
        elif one.judgement in AGAIN_AFTER and one.sending.retry_undelivered:
            store.follow(one.record.id, at=now, due_at=now + AGAIN_AFTER[one.judgement])


def _stop(one: Undelivered, number: str, now: datetime) -> Consent:
    sender = one.record.lane.partition("/sender/")[2] if one.consent.scope == "sender" else ""
    return Consent(
        workspace=one.record.workspace,
        number=number,
        state=ConsentState.STOPPED,
        source=f"provider:{one.code}",
        at=now,
        sender=sender,
        detail=SAID,
        message=one.record.id,
    )
