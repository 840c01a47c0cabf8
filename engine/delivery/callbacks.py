"""What a provider's call makes of a message.

A status may come before the call that sent the message was answered, after it was thought lost, twice, or late. Each is
recorded once: a message only ever moves forward, and what an error code means is drawn in the same transaction as the
move, so one that is repeated, however much later, finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from engine.config.models import Workspace
from engine.delivery import outcomes
from engine.delivery.consequences import Undelivered, record
from engine.outbox import Change, MessageRecord
from engine.store import Store
from engine.types import MessageState, ReceiptJudgement, StatusUpdate


def record_status(
    store: Store,
    name: str,
    workspace: Workspace,
    judge: Callable[[str], ReceiptJudgement],
    update: StatusUpdate,
    now: datetime,
) -> list[Change]:
    """Records what a provider says of a message, in one transaction; gives the changes that were made: none where the
    message is another workspace's or unknown, or where the status says nothing new."""
    with store.together():
        message = _message(store, update)
        if message is None or message.workspace != name or message.provider_id not in (None, update.provider_id):
            return []
        told = outcomes.receipt(message.id, update.status, update.error_code, now)
        bad = None
        if update.error_code is not None:
            judgement = judge(update.error_code)
            told = replace(told, error_kind=str(judgement))
            bad = Undelivered.of(message, update.error_code, judgement, workspace)
        receipts: list[tuple[Change, Undelivered | None]] = [(told, bad)]
        if message.provider_id is None:
            receipts.insert(0, (_accepted(message, update, now), None))
        made = record(store, receipts, now)
        return [change for (change, _), is_made in zip(receipts, made, strict=True) if is_made]


def _message(store: Store, update: StatusUpdate) -> MessageRecord | None:
    record = store.message(update.message_id) if update.message_id is not None else None
    return record or store.message_at_provider(update.provider_id)


def _accepted(message: MessageRecord, update: StatusUpdate, now: datetime) -> Change:
    """The provider has it, whatever we thought; unless a later attempt has begun, which the fence sees."""
    return Change(
        id=message.id,
        was=outcomes.OPEN,
        state=MessageState.ACCEPTED,
        at=now,
        attempt=update.attempt if update.attempt is not None else message.attempts,
        provider_id=update.provider_id,
        reason=None if message.state is MessageState.SENDING else "doubt.called-back",
    )
