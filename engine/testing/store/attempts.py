"""What becomes of an attempt: fenced changes."""

from __future__ import annotations

from typing import Any

import pytest

from engine.outbox import Change
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
    commit,
    in_doubt,
    make,
    number,
    queue,
    sending,
    state_of,
)
from engine.types import MessageState

S = MessageState


class AttemptSuite(StoreSuite):
    """Of changes."""

    def test_a_change_whose_fence_holds_is_made(self, store: Store) -> None:
        message_id = sending(store)
        later = NOW + SECOND
        make(store, message_id, S.SENDING, S.ACCEPTED, attempt=1, owner=ALICE, provider_id="SM1", at=later)
        record = store.message(message_id)
        assert record is not None
        assert (record.state, record.provider_id, record.updated_at, record.attempts) == (S.ACCEPTED, "SM1", later, 1)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"was": frozenset({S.QUEUED, S.ACCEPTED})},
            {"was": frozenset()},
            {"attempt": 0},
            {"attempt": 2},
            {"owner": BOB},
            {"id": "msg_unknown"},
        ],
        ids=str,
    )
    def test_a_fence_that_does_not_hold_changes_nothing(self, store: Store, wrong: dict[str, Any]) -> None:
        message_id = sending(store)
        before = store.message(message_id)
        right = {"id": message_id, "was": frozenset({S.SENDING}), "attempt": 1, "owner": ALICE}
        assert list(store.change([Change(**{**right, "state": S.ACCEPTED, "at": NOW + SECOND, **wrong})])) == [False]
        assert store.message(message_id) == before
        assert len(store.history(message_id)) == 2

    def test_a_batch_makes_those_that_hold(self, store: Store) -> None:
        first, second = sending(store, 1), sending(store, 2)
        made = store.change(
            [
                change(first, S.SENDING, S.ACCEPTED, provider_id="SM1"),
                change(second, S.QUEUED, S.CANCELLED),
                change(first, S.ACCEPTED, S.SENT),
                change(first, S.ACCEPTED, S.FAILED),
                change(second, S.SENDING, S.REJECTED),
            ]
        )
        assert list(made) == [True, False, True, False, True], "each sees what those before it did"
        assert (state_of(store, first), state_of(store, second)) == (S.SENT, S.REJECTED)
        assert list(store.change([])) == []

    def test_late_and_repeated_receipts_never_move_a_message_back(self, store: Store) -> None:
        message_id = sending(store)
        ranks = {S.SENT: {S.ACCEPTED}, S.DELIVERED: {S.ACCEPTED, S.SENT}}
        make(store, message_id, S.SENDING, S.ACCEPTED)
        for state, made in ((S.DELIVERED, True), (S.SENT, False), (S.DELIVERED, False)):
            receipt = Change(message_id, frozenset(ranks[state]), state, NOW)
            assert list(store.change([receipt])) == [made]
        assert state_of(store, message_id) is S.DELIVERED

    def test_a_provider_id_belongs_to_one_message(self, store: Store) -> None:
        first, second = sending(store, 1), sending(store, 2)
        make(store, first, S.SENDING, S.ACCEPTED, provider_id="SM1")
        make(store, first, S.ACCEPTED, S.SENT, provider_id="SM1")
        assert list(store.change([change(second, S.SENDING, S.ACCEPTED, provider_id="SM1")])) == [False]
        assert state_of(store, second) is S.SENDING

    def test_also_within_one_batch(self, store: Store) -> None:
        ids = [sending(store, n) for n in (1, 2)]
        made = store.change([change(one, S.SENDING, S.ACCEPTED, provider_id="SM1") for one in ids])
        assert list(made) == [True, False]

    def test_an_id_is_one_messages_also_where_workspaces_share_an_account(self, store: Store) -> None:
        ours = sending(store, 1)
        (theirs,) = queue(store, 1, workspace="other").ids
        commit(store, claim(store))
        make(store, ours, S.SENDING, S.ACCEPTED, provider_id="SM1")
        assert store.change([change(theirs, S.SENDING, S.ACCEPTED, provider_id="SM1")]) == [False]

    def test_a_message_put_off_is_claimed_when_its_time_has_come(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        claim(store)
        brand = "acme/sender/brand"
        make(store, message_id, S.CLAIMED, S.QUEUED, owner=ALICE, due_at=NOW + SECOND, lane=brand, reason="quiet-hours")
        record = store.message(message_id)
        assert record is not None
        assert (record.state, record.reason, record.due_at, record.lane) == (
            S.QUEUED,
            "quiet-hours",
            NOW + SECOND,
            brand,
        )
        assert list(store.due_lanes(NOW)) == []
        assert list(store.due_lanes(NOW + SECOND)) == [brand]
        (one,) = claim(store, owner=BOB, now=NOW + SECOND, lane=brand)
        assert (one.id, one.attempt) == (message_id, 0)

    def test_what_a_worker_let_go_is_no_longer_its_own(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        claim(store)
        make(store, message_id, S.CLAIMED, S.QUEUED, owner=ALICE)
        (one,) = claim(store, owner=BOB)
        assert list(store.change([change(message_id, S.CLAIMED, S.FAILED, owner=ALICE)])) == [False]
        assert list(store.change([change(one.id, S.CLAIMED, S.FAILED, owner=BOB)])) == [True]

    def test_a_reason_belongs_to_its_state(self, store: Store) -> None:
        message_id = in_doubt(store, due_at=NOW)

        def reason() -> str | None:
            record = store.message(message_id)
            assert record is not None
            return record.reason

        make(store, message_id, S.IN_DOUBT, S.IN_DOUBT, reason="provider.502")
        make(store, message_id, S.IN_DOUBT, S.IN_DOUBT, look_ups=1)
        assert reason() == "provider.502", "kept while the state stays"
        make(store, message_id, S.IN_DOUBT, S.HELD, reason="doubt.not-found")
        assert reason() == "doubt.not-found"
        make(store, message_id, S.HELD, S.ACCEPTED)
        assert reason() is None

    def test_history_tells_what_happened_in_order(self, store: Store) -> None:
        message_id = sending(store, 1, trail=[{"gate": "country", "verdict": "pass"}])
        make(
            store,
            message_id,
            S.SENDING,
            S.RETRY_WAIT,
            at=NOW + SECOND,
            reason="provider.20429",
            detail={"code": "20429"},
        )
        store.change([change(message_id, S.QUEUED, S.CANCELLED)])
        make(store, message_id, S.RETRY_WAIT, S.CANCELLED, at=NOW + 2 * SECOND)
        entries = store.history(message_id)
        assert [(entry.was, entry.state, entry.attempt, entry.reason) for entry in entries] == [
            (None, S.QUEUED, 0, None),
            (S.CLAIMED, S.SENDING, 1, None),
            (S.SENDING, S.RETRY_WAIT, 1, "provider.20429"),
            (S.RETRY_WAIT, S.CANCELLED, 1, None),
        ]
        assert [entry.at for entry in entries] == [NOW, NOW, NOW + SECOND, NOW + 2 * SECOND]
        assert entries[1].detail["trail"] == [{"gate": "country", "verdict": "pass"}]
        assert entries[2].detail["code"] == "20429"

    def test_history_keeps_what_the_sweep_did(self, store: Store) -> None:
        message_id = sending(store)
        store.sweep(now=NOW + LEASE, first_look=SECOND)
        last = store.history(message_id)[-1]
        assert (last.was, last.state, last.at) == (S.SENDING, S.IN_DOUBT, NOW + LEASE)

    def test_what_the_provider_said_is_in_the_history(self, store: Store) -> None:
        message_id = sending(store)
        make(store, message_id, S.SENDING, S.ACCEPTED, provider_id="SM1")
        make(store, message_id, S.ACCEPTED, S.UNDELIVERED, error_code="30003")
        assert store.history(message_id)[-1].detail["error_code"] == "30003"

    def test_knows_which_ids_are_taken_at_a_number(self, store: Store) -> None:
        ids = [sending(store, 1), sending(store, 1), sending(store, 2)]
        for n, message_id in enumerate(ids):
            make(store, message_id, S.SENDING, S.ACCEPTED, provider_id=f"SM{n}")
        assert store.taken(number(1), except_for=ids[0]) == {"SM1"}
        assert store.taken(number(1), except_for="msg_unknown") == {"SM0", "SM1"}

    @pytest.mark.parametrize(
        ("state", "same", "other"),
        [
            (S.SENDING, True, True),
            (S.IN_DOUBT, True, False),
            (S.ACCEPTED, False, False),
            (S.RETRY_WAIT, False, False),
            (S.REJECTED, False, False),
        ],
    )
    def test_a_look_up_waits_for_what_it_could_be_confused_with(
        self, store: Store, state: MessageState, same: bool, other: bool
    ) -> None:
        older, mine = sending(store, 1, body="same"), in_doubt(store, 1, body="same")
        if state is not S.SENDING:
            make(store, older, S.SENDING, state)
        assert store.must_wait(number(1), "same", except_for=mine) is same
        assert store.must_wait(number(1), "other words", except_for=mine) is other
        assert not store.must_wait(number(2), "same", except_for=mine)

    def test_of_two_doubts_with_the_same_words_the_older_is_looked_up_first(self, store: Store) -> None:
        older, younger = in_doubt(store, 1, body="same"), in_doubt(store, 1, body="same")
        assert not store.must_wait(number(1), "same", except_for=older)
        assert store.must_wait(number(1), "same", except_for=younger)
