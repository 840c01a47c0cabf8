"""What each answer of a provider makes of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.config.settings_models import Sending
from engine.delivery import outcomes
from engine.delivery.outcomes import Attempt
from engine.errors import SendError, SendOutcome, SendScope
from engine.types import Absent, Ambiguous, Found, MessageState, ProviderStatus

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ATTEMPT = Attempt("m1", "worker", 1, "acme/sender/main")
HOLD, RESEND = Sending(), Sending(on_doubt="resend")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SendError("connect", SendOutcome.NOT_SENT, "refused"), MessageState.RETRY_WAIT),
        (SendError("20429", SendOutcome.NOT_SENT, "slow down"), MessageState.RETRY_WAIT),
        (SendError("20003", SendOutcome.NOT_SENT, "who?", scope=SendScope.SENDER), MessageState.RETRY_WAIT),
        (SendError("21610", SendOutcome.REJECTED, "stopped", scope=SendScope.RECIPIENT), MessageState.REJECTED),
        (SendError("20500", SendOutcome.UNKNOWN, "oops"), MessageState.IN_DOUBT),
        (SendError("read-timeout", SendOutcome.UNKNOWN, "silence"), MessageState.IN_DOUBT),
    ],
    ids=lambda value: value.code if isinstance(value, SendError) else None,
)
def test_what_is_known_decides_the_state(error: SendError, state: MessageState) -> None:
    change = outcomes.refused(ATTEMPT, error, NOW, HOLD, jitter=0)
    assert change.state is state
    assert change.attempt == 1
    assert change.reason is not None
    assert error.code in change.reason


def test_what_the_provider_asks_for_is_waited_for() -> None:
    error = SendError("20429", SendOutcome.NOT_SENT, "slow down", retry_after=timedelta(seconds=17))
    assert outcomes.refused(ATTEMPT, error, NOW, HOLD, jitter=1).due_at == NOW + timedelta(seconds=17)


def test_a_refusal_about_the_sender_waits_for_long() -> None:
    error = SendError("21606", SendOutcome.NOT_SENT, "not yours", scope=SendScope.SENDER)
    assert outcomes.refused(ATTEMPT, error, NOW, HOLD, jitter=1).due_at == NOW + outcomes.SENDER_WAIT


def test_waits_double_and_end_at_five_minutes() -> None:
    waits = [outcomes.backoff(attempt, jitter=0).total_seconds() for attempt in range(1, 12)]
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 300
    assert outcomes.backoff(100_000, jitter=0).total_seconds() == 300
    assert outcomes.backoff(3, jitter=1) == timedelta(seconds=2)


def test_an_acceptance_holds_however_late() -> None:
    doubtful = {MessageState.SENDING, MessageState.IN_DOUBT, MessageState.HELD, MessageState.RETRY_WAIT}
    # An operator may have called it not sent: then it is queued or claimed when the word comes.
    assert doubtful | {MessageState.QUEUED, MessageState.CLAIMED} == outcomes.OPEN


@pytest.mark.parametrize(
    ("found", "look_ups", "sending", "state", "due"),
    [
        (Found("SM1"), 0, HOLD, MessageState.ACCEPTED, None),
        (Absent(), 0, HOLD, MessageState.IN_DOUBT, NOW + timedelta(seconds=60)),
        (Absent(), 1, HOLD, MessageState.IN_DOUBT, NOW + timedelta(minutes=5)),
        (Absent(), 2, HOLD, MessageState.HELD, None),
        (Absent(), 2, RESEND, MessageState.RETRY_WAIT, NOW),
        (Absent(), 1, RESEND, MessageState.IN_DOUBT, NOW + timedelta(minutes=5)),
        (Ambiguous("two of them", certain=True), 0, HOLD, MessageState.HELD, None),
        (Ambiguous("two of them", certain=True), 0, RESEND, MessageState.HELD, None),
        (Ambiguous("its words differ"), 0, RESEND, MessageState.IN_DOUBT, NOW + timedelta(seconds=60)),
        (Ambiguous("its words differ"), 2, RESEND, MessageState.HELD, None),
    ],
    ids=[
        "found",
        "not-yet",
        "still-not",
        "hold",
        "resend",
        "resend-not-before-the-third",
        "ambiguous",
        "whatever-the-policy",
        "another-text",
        "another-text-to-the-end",
    ],
)
def test_look_ups(
    found: Found | Absent | Ambiguous, look_ups: int, sending: Sending, state: MessageState, due: datetime | None
) -> None:
    change = outcomes.looked_up("m1", 1, look_ups, found, NOW, sending)
    assert (change.state, change.due_at) == (state, due)


def test_receipts_never_move_a_message_back() -> None:
    for status in ProviderStatus:
        change = outcomes.receipt("m1", status, None, NOW)
        assert MessageState.DELIVERED not in change.was
        assert change.state not in change.was
