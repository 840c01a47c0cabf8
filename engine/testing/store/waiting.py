"""What a release does to messages that wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import Store
from engine.testing.store.base import (
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    claim,
    in_doubt,
    make,
    prepared,
    queue,
    sending,
    state_of,
)
from engine.types import MessageState, Purpose
from engine.waiting import Queue

S = MessageState
WELCOME = Queue("acme", "club/welcome")
LATER = NOW + SECOND


class WaitingSuite(StoreSuite):
    """Of messages that wait, never attempted, when a release comes."""

    def test_counts_what_was_never_attempted_by_template(self, store: Store) -> None:
        assert store.waiting() == {}
        sending(store, 1)
        in_doubt(store, 2)
        queue(store, 3, 4)
        claim(store, limit=1)
        queue(store, 5, template="club/bye")
        queue(store, 6, workspace="brew")
        assert store.waiting() == {WELCOME: 2, Queue("acme", "club/bye"): 1, Queue("brew", "club/welcome"): 1}

    def test_what_waits_moves_to_the_release_and_is_claimed_under_it(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        (other_id,) = queue(store, 2, template="club/bye").ids
        assert store.migrate({WELCOME: Purpose.MARKETING}, release="r2", at=LATER) == 1
        claims = {one.id: one for one in claim(store, now=LATER)}
        assert (claims[message_id].release, claims[message_id].purpose) == ("r2", Purpose.MARKETING)
        assert (claims[other_id].release, claims[other_id].purpose) == ("r1", Purpose.TRANSACTIONAL)
        record = store.message(message_id)
        assert record is not None
        assert record.release == "r2"
        step = store.history(message_id)[-1]
        assert (step.was, step.state, step.reason) == (S.QUEUED, S.QUEUED, "release.migrated")
        assert (step.at, step.detail) == (LATER, {"release": "r2"})

    def test_its_new_purpose_says_when_its_turn_is(self, store: Store) -> None:
        queue(store, 1)
        (urgent,) = queue(store, 2, template="club/bye").ids
        store.migrate({WELCOME: Purpose.MARKETING}, release="r2", at=NOW)
        assert [one.id for one in claim(store, limit=1)] == [urgent]

    def test_an_answer_stays_an_answer(self, store: Store) -> None:
        queue(store, 1, purpose=Purpose.REPLY, reply_from="support")
        store.migrate({WELCOME: Purpose.MARKETING}, release="r2", at=NOW)
        (one,) = claim(store)
        assert (one.release, one.purpose) == ("r2", Purpose.REPLY)

    def test_a_worker_that_had_claimed_it_may_not_send_it_as_it_was(self, store: Store) -> None:
        queue(store, 1)
        (old,) = claim(store)
        store.migrate({WELCOME: Purpose.TRANSACTIONAL}, release="r2", at=NOW)
        (refused,) = store.commit([prepared(old)], now=NOW, lease=LEASE)
        assert refused.state is None
        (again,) = claim(store)
        assert (again.id, again.release) == (old.id, "r2")

    @pytest.mark.parametrize("do", ["migrate", "cancel"])
    def test_what_was_attempted_stays_as_it_is(self, store: Store, do: str) -> None:
        wired, doubtful, retried = sending(store, 1), in_doubt(store, 2), sending(store, 3)
        make(store, retried, S.SENDING, S.RETRY_WAIT, not_sent=True, due_at=NOW)
        if do == "migrate":
            assert store.migrate({WELCOME: Purpose.MARKETING}, release="r2", at=NOW) == 0
        else:
            assert store.cancel_waiting([WELCOME], release="r2", at=NOW) == 0
        assert [state_of(store, one) for one in (wired, doubtful, retried)] == [S.SENDING, S.IN_DOUBT, S.RETRY_WAIT]
        records = (store.message(one) for one in (wired, doubtful, retried))
        assert [record.release for record in records if record] == ["r1", "r1", "r1"]

    def test_what_waits_is_cancelled_with_the_reason(self, store: Store) -> None:
        queue(store, 1)
        (claimed,) = claim(store)
        (waiting,) = queue(store, 2).ids
        (other,) = queue(store, 3, template="club/bye").ids
        assert store.cancel_waiting([WELCOME], release="r2", at=LATER) == 2
        assert [state_of(store, one) for one in (claimed.id, waiting, other)] == [S.CANCELLED, S.CANCELLED, S.QUEUED]
        record = store.message(waiting)
        assert record is not None
        assert (record.reason, record.updated_at) == ("cancelled.by-release", LATER)
        assert store.history(waiting)[-1].detail == {"release": "r2"}
        (refused,) = store.commit([prepared(claimed)], now=NOW, lease=LEASE)
        assert refused.state is None

    def test_of_one_send_a_part_may_have_gone(self, store: Store, tmp_path: Path) -> None:
        first, second = queue(store, 1, 2, key="spring").ids
        (one,) = claim(store, limit=1)
        store.commit([prepared(one)], now=NOW, lease=LEASE)
        assert store.migrate({WELCOME: Purpose.MARKETING}, release="r2", at=NOW) == 1
        other = self.open(tmp_path)
        releases = {record.id: record.release for record in other.messages()}
        assert releases == {first: "r1", second: "r2"}
        assert queue(store, 1, 2, 3, key="spring").queued == 1
        other.close()
