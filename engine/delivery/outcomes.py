"""What a provider's answer makes of a message: one change of its record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from engine.config.settings_models import Sending
from engine.errors import SendError, SendOutcome, SendScope
from engine.outbox import Change
from engine.record import record
from engine.stops import Breaker
from engine.types import Absent, Ambiguous, Found, Json, MessageState, ProviderStatus, Receipt

SENDING = frozenset({MessageState.SENDING})
DOUBTFUL = frozenset({MessageState.IN_DOUBT})
OPEN = frozenset(
    {
        MessageState.SENDING,
        MessageState.IN_DOUBT,
        MessageState.HELD,
        MessageState.RETRY_WAIT,
        MessageState.QUEUED,
        MessageState.CLAIMED,
    }
)
"""States from which the provider's word that it has a message leads to `accepted`, however late it comes. QUEUED and
CLAIMED are among them since an operator may have called a message not sent; the attempt's number proves that no
later attempt has begun."""

LONGEST_WAIT = timedelta(minutes=5)
BEHIND = timedelta(seconds=1)
SENDER_WAIT = timedelta(minutes=5)
"""How long messages wait after a refusal that concerns their sender, before one is tried again."""

AT_PROVIDER = {
    ProviderStatus.ACCEPTED: MessageState.ACCEPTED,
    ProviderStatus.SENT: MessageState.SENT,
    ProviderStatus.DELIVERED: MessageState.DELIVERED,
    ProviderStatus.UNDELIVERED: MessageState.UNDELIVERED,
    ProviderStatus.FAILED: MessageState.FAILED,
}

BELOW = {
    MessageState.ACCEPTED: OPEN,
    MessageState.SENT: frozenset({MessageState.ACCEPTED}),
    MessageState.DELIVERED: frozenset({MessageState.ACCEPTED, MessageState.SENT}),
    MessageState.UNDELIVERED: frozenset({MessageState.ACCEPTED, MessageState.SENT}),
    MessageState.FAILED: frozenset({MessageState.ACCEPTED, MessageState.SENT}),
}
"""The states that each receipt may move a message from: a late or repeated one never moves it back."""


@record
class Attempt:
    """One message on the wire: what its changes are fenced by."""

    id: str
    owner: str
    number: int  # 1 for the first
    lane: str  # of the sender that carries it


def accepted(attempt: Attempt, receipt: Receipt, now: datetime) -> Change:
    """The provider gave an id. Holds even where the sweeper was quicker to call it a doubt."""
    return Change(
        id=attempt.id,
        was=OPEN,
        state=MessageState.ACCEPTED,
        at=now,
        attempt=attempt.number,
        provider_id=receipt.provider_id,
    )


def receipt(message_id: str, status: ProviderStatus, error_code: str | None, now: datetime) -> Change:
    """What the provider says later of a message that it took."""
    state = AT_PROVIDER[status]
    return Change(
        id=message_id,
        was=BELOW[state],
        state=state,
        at=now,
        error_code=error_code,
        reason=f"provider.{error_code}" if error_code else None,
    )


def refused(attempt: Attempt, error: SendError, now: datetime, sending: Sending, jitter: float) -> Change:
    """The provider did not confirm: retry_wait, rejected or in_doubt, by what is known."""
    kind = error.scope or {SendOutcome.NOT_SENT: "retry", SendOutcome.UNKNOWN: "doubt"}.get(error.outcome, "unknown")
    change = _refused(attempt, error, now, sending, jitter)
    return replace(change, error_code=error.code, error_kind=str(kind))


def _refused(attempt: Attempt, error: SendError, now: datetime, sending: Sending, jitter: float) -> Change:
    reason = f"provider.{error.code}"
    detail: dict[str, Json] = {"code": error.code, "message": error.message}
    if error.scope is not None:
        detail["scope"] = str(error.scope)
    if error.outcome is SendOutcome.UNKNOWN:
        return in_doubt(attempt, reason, now, sending, detail)
    if error.outcome is SendOutcome.REJECTED:
        return Change(
            id=attempt.id,
            was=frozenset({MessageState.SENDING, MessageState.IN_DOUBT}),
            state=MessageState.REJECTED,
            at=now,
            attempt=attempt.number,
            reason=f"{reason}: {error.message}",
            detail=detail,
        )
    wait = error.retry_after or backoff(attempt.number, jitter)
    if error.scope is SendScope.SENDER:
        wait = max(wait, SENDER_WAIT)
    return not_sent(attempt, reason, now, now + wait, detail)


def resting(change: Change, breaker: Breaker) -> Change:
    """A refusal about the sender waits until its breaker closes, behind the messages that it says nothing of: the one
    that is tried next must be another, since this one alone may be at fault (a country that the account may not text).
    """
    if change.state is not MessageState.RETRY_WAIT:
        return change
    return replace(change, due_at=breaker.until + BEHIND, waits_for=breaker.scope)


def not_sent(attempt: Attempt, reason: str, now: datetime, due_at: datetime, detail: dict[str, Json]) -> Change:
    """The attempt certainly left nothing behind: the message waits for its next one."""
    return Change(
        id=attempt.id,
        was=frozenset({MessageState.SENDING, MessageState.IN_DOUBT}),
        state=MessageState.RETRY_WAIT,
        at=now,
        attempt=attempt.number,
        reason=reason,
        due_at=due_at,
        lane=attempt.lane,
        not_sent=True,
        detail=detail,
    )


def in_doubt(attempt: Attempt, reason: str, now: datetime, sending: Sending, detail: dict[str, Json]) -> Change:
    """The message may have gone out: look at the provider before anything else."""
    return Change(
        id=attempt.id,
        was=SENDING,
        state=MessageState.IN_DOUBT,
        at=now,
        attempt=attempt.number,
        owner=attempt.owner,
        reason=reason,
        due_at=now + sending.look_ups[0],
        look_ups=0,
        detail=detail,
    )


def backoff(attempt: int, jitter: float) -> timedelta:
    """Gives how long to wait after the n-th attempt: doubling from a second, shortened by up to half at random
    so that what failed together does not come back together. `jitter` lies between 0 and 1."""
    seconds = min(2.0 ** min(attempt - 1, 9), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * (1 - jitter / 2))


def looked_up(
    message_id: str, attempt: int, look_ups: int, found: Found | Absent | Ambiguous, now: datetime, sending: Sending
) -> Change:
    """What an answered look-up makes of a doubt. `look_ups` counts the answered ones before it."""
    answered = look_ups + 1
    held = Change(id=message_id, was=DOUBTFUL, state=MessageState.HELD, at=now, attempt=attempt, look_ups=answered)
    if isinstance(found, Found):
        was = frozenset({MessageState.IN_DOUBT, MessageState.HELD, MessageState.RETRY_WAIT})
        accepted = MessageState.ACCEPTED
        return replace(held, was=was, state=accepted, provider_id=found.provider_id, reason="doubt.found")
    if isinstance(found, Ambiguous) and (found.certain or answered >= len(sending.look_ups)):
        return replace(held, reason=f"doubt.ambiguous: {found.why}", detail={"candidates": list(found.candidates)})
    if answered < len(sending.look_ups):
        reason = "doubt.unclear-yet" if isinstance(found, Ambiguous) else "doubt.not-found-yet"
        return replace(held, state=MessageState.IN_DOUBT, reason=reason, due_at=now + sending.look_ups[answered])
    if sending.on_doubt == "resend":
        return replace(held, state=MessageState.RETRY_WAIT, reason="doubt.resend", due_at=now)
    return replace(held, reason="doubt.not-found")
