"""Lanes keep their pace and let urgent messages go first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.delivery.lanes import CATCH_UP, Lane, Pace, Ready
from engine.store import Claim, Frozen, Prepared
from engine.types import ConsentNeed, OutboundMessage, Purpose, Sender, SenderKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER = Sender("main", SenderKind.SHORT_CODE, "67076")


def ready(name: str, purpose: Purpose, due: datetime = NOON, segments: int = 1) -> Ready:
    frozen = Frozen("+14155550123", "US", SENDER, name, (), "GSM-7", segments)
    claim = Claim(
        id=name,
        workspace="acme",
        send=1,
        template="t",
        release="r",
        purpose=purpose,
        lane="acme/sender/main",
        attempt=0,
        person=None,
        number="+14155550123",
        data={},
        event={},
        reply_from=None,
        frozen=None,
        created_at=due,
        due_at=due,
    )
    prepared = Prepared(name, "w", 0, frozen, ConsentNeed.NOT_STOPPED, "")
    return Ready(claim, prepared, OutboundMessage(name, "acme", 1, frozen.to, SENDER, name))


@pytest.mark.parametrize("rate", [1.0, 3.0, 100.0, 1000.0])
@pytest.mark.parametrize("segments", [1, 3])
def test_no_ten_seconds_hold_more_than_the_rate_and_one_message(rate: float, segments: int) -> None:
    pace, now, sent = Pace(rate), 0.0, []
    while now < 40:
        now += pace.delay(now) + 0.0007  # a late wake-up, as event loops have them
        pace.spend(segments, now)
        sent.append(now)
    for start in range(30):
        inside = sum(segments for at in sent if start <= at < start + 10)
        assert inside <= rate * (10 + CATCH_UP) + segments


@pytest.mark.parametrize("rate", [1.0, 100.0, 1000.0])
def test_a_paced_lane_reaches_its_rate_despite_late_wake_ups(rate: float) -> None:
    pace, now, sent = Pace(rate), 0.0, 0
    while now < 20:
        now += pace.delay(now) + 0.0007
        pace.spend(1, now)
        sent += 1
    assert sent >= 0.98 * rate * 20


def test_a_long_message_waits_after_itself_not_before() -> None:
    pace = Pace(1.0)
    assert pace.delay(100.0) == 0
    pace.spend(5, 100.0)
    assert pace.delay(100.0) == pytest.approx(5 - CATCH_UP)


def test_replies_first_then_transactional_then_marketing_each_oldest_first() -> None:
    lane = Lane("acme/sender/main", Pace(100))
    later = NOON + timedelta(seconds=1)
    for item in (
        ready("news", Purpose.MARKETING),
        ready("code-2", Purpose.TRANSACTIONAL, later),
        ready("answer", Purpose.REPLY, later),
        ready("code-1", Purpose.TRANSACTIONAL),
    ):
        lane.put(item)
    assert [lane.take().claim.id for _ in range(4)] == ["answer", "code-1", "code-2", "news"]


def test_a_slow_lane_holds_few_messages_so_that_a_reply_need_not_wait() -> None:
    assert Lane("acme/sender/main", Pace(1)).capacity == 4
    assert Lane("acme/sender/main", Pace(100_000)).capacity == 500
