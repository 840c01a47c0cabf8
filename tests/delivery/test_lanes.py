"""Lanes keep their pace and let urgent messages go first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine.delivery.lanes import EVERY, Lane, Ready
from engine.delivery.pace import Pace
from engine.outbox import Claim, Frozen, Prepared
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


def test_a_steady_stream_of_urgent_messages_does_not_stop_the_others() -> None:
    lane = Lane("acme/sender/main", Pace(100))
    lane.put(ready("old news", Purpose.MARKETING))
    lane.put(ready("news", Purpose.MARKETING, NOON + timedelta(seconds=1)))
    went = []
    for number in range(50):
        lane.put(ready(f"code-{number}", Purpose.TRANSACTIONAL, NOON + timedelta(seconds=number)))
        went.append(lane.take().claim.id)
    assert [went.index("old news"), went.index("news")] == [EVERY - 1, 2 * EVERY - 1]


def test_what_is_next_is_what_is_taken() -> None:
    lane = Lane("acme/sender/main", Pace(100))
    for number in range(60):
        lane.put(ready(str(number), list(Purpose)[number * 7 % 3], NOON + timedelta(seconds=number * 13 % 17)))
    for _ in range(60):
        expected = lane.next
        assert lane.take() is expected
    assert len(lane) == 0


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
