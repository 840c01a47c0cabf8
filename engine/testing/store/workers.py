"""Workers and their heartbeats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import StateUnavailable
from engine.outbox import Worker
from engine.store import Store
from engine.testing.store.base import (
    ALICE,
    BOB,
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    claim,
    commit,
    make,
    prepared,
    queue,
    state_of,
)
from engine.types import MessageState

S = MessageState
HERE = Worker(ALICE, "host-a", 101, NOW, NOW)
ALIVE = 60 * SECOND


class WorkersSuite(StoreSuite):
    """Of workers."""

    serves_one_machine = True
    """False for a store that workers on many machines may share."""

    def test_a_worker_is_seen_until_it_retires(self, store: Store) -> None:
        assert list(store.workers()) == []
        store.heartbeat(HERE, alive_within=ALIVE)
        later = replace(HERE, heartbeat_at=NOW + SECOND)
        store.heartbeat(later, alive_within=ALIVE)
        assert list(store.workers()) == [later]
        beside = Worker(BOB, "host-a", 102, NOW, NOW)
        store.heartbeat(beside, alive_within=ALIVE)
        assert {worker.owner for worker in store.workers()} == {ALICE, BOB}
        store.retire(ALICE)
        store.retire("nobody")
        assert list(store.workers()) == [beside]

    def test_another_machine_is_refused_while_it_may_be_alive(self, store: Store) -> None:
        store.heartbeat(HERE, alive_within=ALIVE)
        elsewhere = Worker(BOB, "host-b", 101, NOW, NOW + ALIVE - SECOND)
        if not self.serves_one_machine:
            store.heartbeat(elsewhere, alive_within=ALIVE)
            return
        with pytest.raises(StateUnavailable):
            store.heartbeat(elsewhere, alive_within=ALIVE)
        assert [worker.owner for worker in store.workers()] == [ALICE]
        store.heartbeat(replace(elsewhere, heartbeat_at=NOW + ALIVE + SECOND), alive_within=ALIVE)

    def test_a_machine_whose_worker_retired_makes_room(self, store: Store) -> None:
        store.heartbeat(HERE, alive_within=ALIVE)
        store.retire(ALICE)
        store.heartbeat(Worker(BOB, "host-b", 101, NOW, NOW), alive_within=ALIVE)

    def test_retiring_gives_claims_back_and_leaves_the_wire_alone(self, store: Store) -> None:
        ids = queue(store, *range(4)).ids
        claims = claim(store, limit=3)
        commit(store, claims[:2])
        make(store, ids[0], S.SENDING, S.RETRY_WAIT, due_at=NOW)
        claim(store, limit=1)
        claim(store, owner=BOB, limit=1)
        store.retire(ALICE)
        states = [state_of(store, message_id) for message_id in ids]
        assert states.count(S.CLAIMED) == 1, "another's claim stays"
        assert states[1] is S.SENDING
        assert states[2] is S.QUEUED
        assert store.sweep(now=NOW + LEASE, first_look=SECOND)[S.IN_DOUBT] == 1

    def test_a_claim_given_back_can_be_claimed_and_no_longer_be_committed(self, store: Store) -> None:
        queue(store, 1)
        (before,) = claim(store)
        store.retire(ALICE)
        (again,) = claim(store, owner=BOB)
        assert (again.id, again.attempt) == (before.id, 0)
        (result,) = store.commit([prepared(before)], now=NOW, lease=LEASE)
        assert result.state is None
