"""Caps and costs: what is checked and counted in the transaction that lets a message go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.caps import Cap, CapKind, Cost, Spent
from engine.outbox import Committed
from engine.store import Store
from engine.testing.store.base import (
    ALICE,
    BOB,
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    change,
    claim,
    number,
    prepared,
    queue,
    send,
    state_of,
)
from engine.types import MessageState as S
from engine.types import Purpose

HOUR = timedelta(hours=1)
CENT = Cost(Decimal("0.01"), "USD")


def cap(kind: CapKind = CapKind.PER_PERSON, **fields: Any) -> Cap:
    """Two in an hour."""
    values: dict[str, Any] = {
        "key": number(1),
        "amount": 1,
        "most": 2,
        "per": HOUR,
        "rule": "acme/workspace#limits",
        "said": "2/1h",
    }
    return Cap(kind, **{**values, **fields})


def spend(most: int, cost: Cost = CENT) -> Cap:
    """So many cents in an hour."""
    return cap(
        CapKind.SPEND, key="USD", amount=cost.millionths, most=most * CENT.millionths, said=f"0.{most:02} USD/1h"
    )


def go(store: Store, *caps: Cap, n: int = 1, now: Any = NOW, **fields: Any) -> Committed:
    """Queues a message, claims it and asks to let it go."""
    (message_id,) = queue(store, n, due_at=now).ids
    one = next(found for found in claim(store, now=now) if found.id == message_id)
    (result,) = store.commit([prepared(one, caps=caps, **fields)], now=now, lease=LEASE)
    return result


def due(store: Store, message_id: str) -> Any:
    """Gives when a message is due."""
    record = store.message(message_id)
    assert record is not None
    return record.due_at


def gates(store: Store, message_id: str) -> Sequence[tuple[str, str]]:
    """Gives the gates of a message's last change, with their verdicts."""
    trail = store.history(message_id)[-1].detail["trail"]
    return [(gate["gate"], gate["verdict"]) for gate in trail]


class CappingSuite(StoreSuite):
    """The part of the suite about caps."""

    def test_over_a_cap_a_message_waits_until_the_window_frees(self, store: Store) -> None:
        assert go(store, cap()).state is S.SENDING
        assert go(store, cap(), now=NOW + SECOND).state is S.SENDING
        over = go(store, cap(), now=NOW + 2 * SECOND)
        assert (over.state, over.reason) == (S.QUEUED, "limits.per-person: 2/1h")
        assert due(store, over.id) == NOW + HOUR
        assert gates(store, over.id) == [("per-person", "later")]
        assert claim(store, now=NOW + HOUR - SECOND) == []
        (one,) = claim(store, now=NOW + HOUR)
        assert (one.id, one.frozen, one.attempt) == (over.id, None, 0)
        (result,) = store.commit([prepared(one, caps=[cap()])], now=NOW + HOUR, lease=LEASE)
        assert result.state is S.SENDING
        assert gates(store, over.id) == [("per-person", "pass")]

    @pytest.mark.parametrize("kind", [CapKind.PER_PERSON, CapKind.PER_PREFIX, CapKind.SPEND])
    def test_a_batch_counts_its_own_messages(self, store: Store, kind: CapKind) -> None:
        for _ in range(4):
            queue(store, 1)
        one_cap = spend(2) if kind is CapKind.SPEND else cap(kind)
        items = [prepared(one, caps=[one_cap], cost=CENT) for one in claim(store)]
        results = store.commit(items, now=NOW, lease=LEASE)
        assert [result.state for result in results] == [S.SENDING, S.SENDING, S.QUEUED, S.QUEUED]

    @pytest.mark.parametrize("kind", [CapKind.PER_PERSON, CapKind.PER_PREFIX, CapKind.SPEND])
    def test_two_workers_cannot_pass_together(self, store: Store, kind: CapKind) -> None:
        one_cap = replace(
            spend(1) if kind is CapKind.SPEND else cap(kind), most=1 if kind is not CapKind.SPEND else 10_000
        )
        queue(store, 1)
        queue(store, 1)
        (mine,) = claim(store, limit=1)
        (theirs,) = claim(store, owner=BOB, limit=1)
        (first,) = store.commit([prepared(mine, caps=[one_cap], cost=CENT)], now=NOW, lease=LEASE)
        (second,) = store.commit([prepared(theirs, owner=BOB, caps=[one_cap], cost=CENT)], now=NOW, lease=LEASE)
        assert (first.state, second.state) == (S.SENDING, S.QUEUED)

    def test_each_key_and_workspace_has_its_own_count(self, store: Store) -> None:
        tight = replace(cap(CapKind.PER_PREFIX), most=1)
        assert go(store, tight).state is S.SENDING
        assert go(store, replace(tight, key="+1415556")).state is S.SENDING
        assert go(store, tight).state is S.QUEUED
        store.queue(send(workspace="other", lane="other/sender/x"), numbers=[number(1)])
        (one,) = claim(store, lane="other/sender/x")
        (result,) = store.commit([prepared(one, caps=[tight])], now=NOW, lease=LEASE)
        assert result.state is S.SENDING

    def test_answers_take_nobody_elses_place(self, store: Store) -> None:
        store.queue(send(purpose=Purpose.REPLY, reply_from="support"), numbers=[number(1)])
        (reply,) = claim(store)
        (result,) = store.commit([prepared(reply)], now=NOW, lease=LEASE)
        assert result.state is S.SENDING
        assert go(store, replace(cap(), most=1)).state is S.SENDING

    def test_a_retry_counts_once_and_is_not_held_up(self, store: Store) -> None:
        tight = replace(cap(CapKind.PER_PREFIX), most=1)
        first = go(store, tight, cost=CENT)
        later = NOW + SECOND
        assert store.change([change(first.id, S.SENDING, S.RETRY_WAIT, due_at=later, not_sent=True)]) == [True]
        (again,) = claim(store, now=later)
        (result,) = store.commit([prepared(again, caps=[tight], cost=CENT)], now=later, lease=LEASE)
        assert result.state is S.SENDING
        assert store.spent(since=NOW - HOUR) == [Spent("acme", (CENT,), 0)]

    def test_money_frees_to_the_minute_and_never_early(self, store: Store) -> None:
        assert go(store, spend(1), cost=CENT).state is S.SENDING
        over = go(store, spend(1), cost=CENT)
        assert over.reason == "limits.spend: 0.01 USD/1h"
        assert NOW + HOUR <= due(store, over.id) <= NOW + HOUR + timedelta(minutes=1)
        (one,) = claim(store, now=due(store, over.id))
        (result,) = store.commit([prepared(one, caps=[spend(1)], cost=CENT)], now=one.due_at, lease=LEASE)
        assert result.state is S.SENDING

    def test_what_was_spent_before_there_was_a_limit_counts(self, store: Store) -> None:
        assert go(store, cost=CENT).state is S.SENDING
        assert go(store, spend(1), cost=CENT).state is S.QUEUED

    def test_a_limit_counts_what_it_assumes_where_the_cost_is_unknown(self, store: Store) -> None:
        assert go(store, spend(1)).state is S.SENDING
        assert go(store, spend(1), cost=CENT).state is S.QUEUED
        assert store.spent(since=NOW - HOUR) == [Spent("acme", (), 1)]

    def test_what_alone_is_too_dear_never_goes(self, store: Store) -> None:
        dear = Cost(Decimal("0.02"), "USD")
        result = go(store, spend(1, dear), cost=dear)
        assert (result.state, result.reason) == (S.SUPPRESSED, "limits.too-dear: 0.01 USD/1h")

    def test_the_same_text_goes_once(self, store: Store) -> None:
        text = cap(CapKind.SAME_TEXT, key="digest", most=1, per=timedelta(minutes=10), said="10m")
        assert go(store, text).state is S.SENDING
        again = go(store, text, now=NOW + SECOND)
        assert (again.state, again.reason) == (S.SUPPRESSED, "duplicate.text: 10m")
        assert gates(store, again.id) == [("same-text", "suppress")]
        assert go(store, replace(text, key="other"), now=NOW + SECOND).state is S.SENDING
        assert go(store, text, now=NOW + timedelta(minutes=11)).state is S.SENDING

    def test_of_several_caps_nothing_is_counted_where_one_is_over(self, store: Store) -> None:
        tight = replace(cap(CapKind.PER_PREFIX, key="p"), most=1)
        assert go(store, tight).state is S.SENDING
        person = replace(cap(), most=2)
        assert go(store, spend(1), person, tight, cost=CENT).state is S.QUEUED
        assert go(store, spend(1), person, cost=CENT).state is S.SENDING

    def test_a_message_that_may_not_go_counts_nothing(self, store: Store) -> None:
        queue(store, 1)
        (one,) = claim(store)
        (result,) = store.commit([prepared(one, owner=BOB, caps=[spend(1)], cost=CENT)], now=NOW, lease=LEASE)
        assert result.state is None
        (result,) = store.commit([prepared(one, owner=ALICE, caps=[spend(1)], cost=CENT)], now=NOW, lease=LEASE)
        assert result.state is S.SENDING
        assert state_of(store, one.id) is S.SENDING

    def test_what_was_spent_by_workspace_and_currency(self, store: Store) -> None:
        go(store, cost=CENT)
        go(store, cost=CENT, now=NOW + SECOND)
        go(store, cost=Cost(Decimal("0.0128"), "EUR"), now=NOW + SECOND)
        go(store, now=NOW + SECOND)
        both = Spent("acme", (Cost(Decimal("0.0128"), "EUR"), Cost(Decimal("0.02"), "USD")), 1)
        assert store.spent(since=NOW - HOUR) == [both]
        assert store.spent(since=NOW + HOUR) == []

    def test_what_comes_too_late_goes_through_its_gates_again(self, store: Store) -> None:
        queue(store, 1, 2)
        early, late = claim(store)
        items = [prepared(early, not_after=NOW + SECOND, caps=[cap()]), prepared(late, not_after=NOW, caps=[cap()])]
        first, second = store.commit(items, now=NOW, lease=LEASE)
        assert first.state is S.SENDING
        assert (second.state, second.reason) == (S.QUEUED, "quiet-hours.began")
        (again,) = claim(store)
        assert (again.id, again.frozen, again.due_at) == (late.id, None, NOW)

    def test_a_local_time_stays_with_its_message(self, store: Store) -> None:
        store.queue(send(local_at="10:00:00"), numbers=[number(1)])
        (one,) = claim(store)
        assert one.local_at == "10:00:00"
