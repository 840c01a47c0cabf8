"""What is due, claims, leases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.store import Store
from engine.testing.store.base import (
    ALICE,
    BOB,
    LANE,
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    claim,
    commit,
    in_doubt,
    make,
    number,
    prepared,
    queue,
    send,
    sending,
    state_of,
)
from engine.types import MessageState, Purpose

S = MessageState
BRAND = "acme/sender/brand"


class ClaimingSuite(StoreSuite):
    """Of claiming."""

    def test_an_empty_store_has_nothing_to_do(self, store: Store) -> None:
        assert list(store.due_lanes(NOW)) == []
        assert store.next_due(NOW) is None
        assert list(claim(store)) == []
        assert store.sweep(now=NOW, first_look=SECOND) == {}
        assert list(store.due_doubts(owner=ALICE, now=NOW, lease=LEASE, limit=10)) == []

    def test_gives_lanes_with_the_most_urgent_purpose_first(self, store: Store) -> None:
        for lane, purpose in (
            ("acme/sender/c", Purpose.MARKETING),
            ("acme/sender/b", Purpose.TRANSACTIONAL),
            ("acme/sender/a", Purpose.REPLY),
            ("acme/sender/a", Purpose.MARKETING),
        ):
            queue(store, 1, lane=lane, purpose=purpose)
        queue(store, 1, lane="acme/sender/later", purpose=Purpose.REPLY, due_at=NOW + SECOND)
        assert list(store.due_lanes(NOW)) == ["acme/sender/a", "acme/sender/b", "acme/sender/c"]
        assert set(store.due_lanes(NOW + SECOND)[:2]) == {"acme/sender/a", "acme/sender/later"}
        claim(store, lane="acme/sender/a", limit=1)
        assert list(store.due_lanes(NOW))[0:1] == ["acme/sender/b"]
        claim(store, lane="acme/sender/a")
        assert list(store.due_lanes(NOW)) == ["acme/sender/b", "acme/sender/c"]

    def test_claims_the_most_urgent_first_then_the_oldest(self, store: Store) -> None:
        made = {}
        for name, purpose, due_at in (
            ("marketing", Purpose.MARKETING, NOW - timedelta(hours=1)),
            ("young reply", Purpose.REPLY, NOW),
            ("transactional", Purpose.TRANSACTIONAL, NOW),
            ("old reply", Purpose.REPLY, NOW - SECOND),
            ("later reply", Purpose.REPLY, NOW + SECOND),
        ):
            (made[name],) = queue(store, 1, purpose=purpose, due_at=due_at).ids
        order = ["old reply", "young reply", "transactional", "marketing"]
        assert [one.id for one in claim(store, limit=3)] == [made[name] for name in order[:3]]
        assert [one.id for one in claim(store)] == [made["marketing"]]

    def test_a_reply_overtakes_ten_thousand_others(self, store: Store) -> None:
        numbers = [number(n) for n in range(10_000)]
        store.queue(send(purpose=Purpose.MARKETING), numbers=numbers)
        (reply,) = queue(store, 5, purpose=Purpose.REPLY, due_at=NOW + SECOND).ids
        first, *_ = claim(store, limit=4, now=NOW + SECOND)
        assert first.id == reply

    def test_spares_claims_for_the_oldest_that_are_no_replies(self, store: Store) -> None:
        store.queue(send(purpose=Purpose.REPLY), numbers=[number(n) for n in range(10)])
        store.queue(send(purpose=Purpose.TRANSACTIONAL, due_at=NOW + SECOND), numbers=[number(n) for n in range(10)])
        queue(store, 1, 2, purpose=Purpose.MARKETING)
        found = store.claim(owner=ALICE, now=NOW + SECOND, lease=LEASE, lane=LANE, limit=6, spare=3)
        assert [one.purpose for one in found].count(Purpose.MARKETING) == 2
        assert [one.purpose for one in found].count(Purpose.TRANSACTIONAL) == 1
        assert [one.purpose for one in found].count(Purpose.REPLY) == 3
        assert len(store.claim(owner=ALICE, now=NOW + SECOND, lease=LEASE, lane=LANE, limit=50, spare=50)) == 16

    def test_claims_only_in_its_lane_and_no_more_than_asked(self, store: Store) -> None:
        queue(store, *range(5))
        queue(store, 9, lane=BRAND)
        assert [one.number for one in claim(store, limit=2)] == [number(0), number(1)]
        assert [one.number for one in claim(store, lane=BRAND)] == [number(9)]
        assert list(claim(store, lane="acme/sender/unheard-of")) == []
        assert [one.number for one in claim(store)] == [number(2), number(3), number(4)]

    def test_what_is_claimed_is_not_claimed_again(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        assert [one.id for one in claim(store)] == [message_id]
        assert list(claim(store, owner=BOB)) == []
        assert state_of(store, message_id) is S.CLAIMED

    def test_tells_when_something_falls_due(self, store: Store) -> None:
        queue(store, 1, due_at=NOW)
        queue(store, 2, due_at=NOW + 3 * SECOND)
        assert store.next_due(NOW - SECOND) == NOW
        assert store.next_due(NOW) == NOW + 3 * SECOND
        doubt = in_doubt(store, 3, due_at=NOW + 2 * SECOND)
        assert store.next_due(NOW) == NOW + 2 * SECOND
        make(store, doubt, S.IN_DOUBT, S.RETRY_WAIT, due_at=NOW + SECOND)
        assert store.next_due(NOW) == NOW + SECOND
        assert store.next_due(NOW + 3 * SECOND) is None

    @pytest.mark.parametrize("wait", [LEASE, LEASE + SECOND], ids=["at-its-end", "after-it"])
    def test_a_claim_whose_lease_ran_out_is_queued_again(self, store: Store, wait: timedelta) -> None:
        (message_id,) = queue(store, 1).ids
        claim(store)
        assert store.sweep(now=NOW + LEASE - SECOND, first_look=SECOND) == {}
        assert store.sweep(now=NOW + wait, first_look=SECOND) == {S.QUEUED: 1}
        assert state_of(store, message_id) is S.QUEUED
        assert [one.id for one in claim(store, owner=BOB, now=NOW + wait)] == [message_id]

    def test_a_claim_after_an_attempt_goes_back_to_wait_for_its_retry(self, store: Store) -> None:
        message_id = sending(store)
        make(store, message_id, S.SENDING, S.RETRY_WAIT, due_at=NOW)
        claim(store)
        assert store.sweep(now=NOW + LEASE, first_look=SECOND) == {S.RETRY_WAIT: 1}

    def test_a_message_on_the_wire_whose_lease_ran_out_is_in_doubt(self, store: Store) -> None:
        message_id = sending(store)
        end = NOW + LEASE
        assert store.sweep(now=end, first_look=10 * SECOND) == {S.IN_DOUBT: 1}
        assert list(claim(store, now=end + LEASE)) == [], "never back to queued by itself"
        assert list(store.due_doubts(owner=BOB, now=end + 9 * SECOND, lease=LEASE, limit=10)) == []
        (doubt,) = store.due_doubts(owner=BOB, now=end + 10 * SECOND, lease=LEASE, limit=10)
        assert (doubt.id, doubt.state, doubt.attempt, doubt.look_ups) == (message_id, S.IN_DOUBT, 1, 0)
        assert doubt.attempt_started_at == NOW

    def test_renewing_extends_only_ones_own_claims(self, store: Store) -> None:
        mine, others = queue(store, 1, 2).ids
        claim(store, owner=ALICE, limit=1)
        claim(store, owner=BOB)
        store.renew(owner=ALICE, ids=[mine, others, "msg_unknown"], until=NOW + 2 * LEASE)
        assert store.sweep(now=NOW + LEASE, first_look=SECOND) == {S.QUEUED: 1}
        assert (state_of(store, mine), state_of(store, others)) == (S.CLAIMED, S.QUEUED)
        store.renew(owner=ALICE, ids=[], until=NOW)
        assert store.sweep(now=NOW + 2 * LEASE, first_look=SECOND) == {S.QUEUED: 1}

    def test_a_doubt_is_looked_up_by_one_at_a_time(self, store: Store) -> None:
        message_id = in_doubt(store)
        assert [one.id for one in store.due_doubts(owner=ALICE, now=NOW, lease=LEASE, limit=10)] == [message_id]
        assert list(store.due_doubts(owner=BOB, now=NOW, lease=LEASE, limit=10)) == []
        assert store.next_due(NOW) == NOW + LEASE
        (again,) = store.due_doubts(owner=BOB, now=NOW + LEASE, lease=LEASE, limit=10)
        assert again.id == message_id, "whoever took it is gone"

    def test_gives_the_doubts_that_wait_longest_first(self, store: Store) -> None:
        ids = [in_doubt(store, n, due_at=NOW - n * SECOND) for n in (1, 3, 2)]
        found = store.due_doubts(owner=ALICE, now=NOW, lease=LEASE, limit=2)
        assert [one.id for one in found] == [ids[1], ids[2]]

    def test_answered_look_ups_are_counted(self, store: Store) -> None:
        message_id = in_doubt(store)
        make(store, message_id, S.IN_DOUBT, S.IN_DOUBT, look_ups=1, due_at=NOW + SECOND)
        (one,) = store.due_doubts(owner=ALICE, now=NOW + SECOND, lease=LEASE, limit=10)
        assert one.look_ups == 1
        make(store, message_id, S.IN_DOUBT, S.RETRY_WAIT, due_at=NOW)
        commit(store, claim(store))
        make(store, message_id, S.SENDING, S.IN_DOUBT, due_at=NOW)
        (one,) = store.due_doubts(owner=ALICE, now=NOW, lease=LEASE, limit=10)
        assert (one.look_ups, one.attempt) == (0, 2)

    def test_looking_at_a_message_takes_nothing(self, store: Store) -> None:
        (message_id,) = queue(store, 1, data={"a": 1}).ids
        seen = store.claim_view(message_id)
        assert seen is not None
        assert (seen.id, seen.state, seen.number, seen.data) == (message_id, S.QUEUED, number(1), {"a": 1})
        (one,) = claim(store)
        assert store.claim_view(message_id) == one
        store.commit([prepared(one)], now=NOW, lease=LEASE)
        seen = store.claim_view(message_id)
        assert seen is not None
        assert (seen.state, seen.attempt, seen.frozen) == (S.SENDING, 1, prepared(one).frozen)
