"""What a provider's call makes of a message.

A status may come before the call that sent the message was answered, after it was thought lost, twice, or late. Each is
recorded once: a message only ever moves forward, and what an error code means is drawn in the same transaction as the
move, so one that is repeated, however much later, finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from engine.config.models import Workspace
from engine.delivery import outcomes
from engine.delivery.consequences import Undelivered
from engine.delivery.consequences import record as draw
from engine.outbox import Change, MessageRecord
from engine.record import record
from engine.store import Store
from engine.types import MessageState, ReceiptJudgement, StatusUpdate


@record
class Told:
    """What a provider says of a message of a workspace, and how its provider judges error codes."""

    name: str  # the workspace's
    workspace: Workspace
    judge: Callable[[str], ReceiptJudgement]
    update: StatusUpdate


def record_statuses(store: Store, told: Sequence[Told], now: datetime) -> list[list[Change]]:
    """Records what providers say, in one transaction; gives of each the changes that were made: none where the message
    is another workspace's or unknown, or where the status says nothing new. What becomes of each is what would become
    of it if they came one after the other."""
    with store.together():
        return [changes for some in _rounds(told) for changes in _record(store, some, now)]


def _rounds(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    """Splits statuses, so that no two of one message are read together: the second one finds what the first one did."""
    some: list[Told] = []
    seen: set[str | None] = set()
    for one in told:
        update = one.update
        if update.provider_id in seen or (update.message_id is not None and update.message_id in seen):
            yield some
            some, seen = [], set()
        some.append(one)
        seen |= {update.provider_id, update.message_id}
    if some:
        yield some


def _record(store: Store, told: Sequence[Told], now: datetime) -> list[list[Change]]:
    found = store.called_about([(one.update.message_id, one.update.provider_id) for one in told])
    receipts = [
        [] if message is None else _receipts(one, message, now) for one, message in zip(told, found, strict=True)
    ]
    made = iter(draw(store, [receipt for each in receipts for receipt in each], now))
    return [[change for change, _ in each if next(made)] for each in receipts]


def _receipts(one: Told, message: MessageRecord, now: datetime) -> list[tuple[Change, Undelivered | None]]:
    update = one.update
    if message.workspace != one.name or message.provider_id not in (None, update.provider_id):
        return []
    change = outcomes.receipt(message.id, update.status, update.error_code, now)
    bad = None
    if update.error_code is not None:
        judgement = one.judge(update.error_code)
        change = replace(change, error_kind=str(judgement))
        bad = Undelivered.of(message, update.error_code, judgement, one.workspace)
    if message.provider_id is None:
        return [(_accepted(message, update, now), None), (change, bad)]
    return [(change, bad)]


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
