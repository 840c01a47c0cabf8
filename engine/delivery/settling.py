"""The operator's word on a message that the loop holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from engine.errors import UsageError
from engine.outbox import Change
from engine.store import Store
from engine.types import MessageState

HELD = frozenset({MessageState.HELD})


class Verdict(StrEnum):
    """What the operator found out."""

    SENT = "sent"
    NOT_SENT = "not-sent"


def settle(store: Store, message_id: str, verdict: Verdict, *, by: str, now: datetime) -> MessageState:
    """Ends a doubt by an operator's word: `sent` makes it accepted, `not-sent` queues it again with the frozen words.

    Returns the new state. Raises UsageError where there is no such message, or it is not held.
    """
    record = store.message(message_id)
    if record is None:
        raise UsageError(f"there is no message {message_id!r}", hint="list them with `engine messages`")
    state = MessageState.ACCEPTED if verdict is Verdict.SENT else MessageState.QUEUED
    change = Change(
        id=message_id,
        was=HELD,
        state=state,
        at=now,
        attempt=record.attempts,
        reason=f"settled.{verdict}",
        due_at=now if state is MessageState.QUEUED else None,
        not_sent=verdict is Verdict.NOT_SENT,
        detail={"by": by},
    )
    if not store.change([change])[0]:
        latest = store.message(message_id) or record
        raise UsageError(
            f"message {message_id} is {latest.state}, not held", hint="only a held message waits for an operator's word"
        )
    return state
