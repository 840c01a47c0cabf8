"""Pauses, breakers, unreachable numbers and cancelling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.outbox import Committed
from engine.stops import WHENEVER, CodeCount, Unreachable, Which
from engine.store import Store
from engine.testing.store.base import (
    LANE,
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    change,
    claim,
    commit,
    consent,
    in_doubt,
    make,
    number,
    person,
    prepared,
    queue,
    send,
    sending,
    state_of,
)
from engine.types import ConsentNeed, ConsentState, MessageState

S = MessageState
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SCOPES = pytest.mark.parametrize("scope", ["acme", LANE, "acme/template/club/welcome"])


class StoppingSuite(StoreSuite):
    """Of what holds messages back."""

    @SCOPES
    def test_what_is_paused_is_not_committed_and_is_due_when_resumed(self, store: Store, scope: str) -> None:
        (message_id,) = queue(store, 1).ids
        (one,) = claim(store)
        store.pause(scope, by="ann@desk", why="typo", at=NOW)
        (result,) = store.commit([prepared(one)], now=NOW, lease=LEASE)
        assert (result.state, (result.reason or "").partition(":")[0]) == (S.QUEUED, "paused")
        assert claim(store, now=NOW + HOUR) == []
        assert store.next_due(NOW) is None
        assert store.resume(scope, by="bob@desk", why="", at=NOW + HOUR)
        (again,) = claim(store, now=NOW + HOUR)
        commit(store, [again], now=NOW + HOUR)
        assert [entry.state for entry in store.history(message_id)] == [S.QUEUED, S.QUEUED, S.SENDING]

    def test_another_scope_is_not_paused(self, store: Store) -> None:
        queue(store, 1)
        for scope in ("acm", "acme/sender/suppor", "acme/template/club", "other"):
            store.pause(scope, by="ann", why="", at=NOW)
        commit(store, claim(store))

    def test_a_retry_that_is_paused_stays_a_retry(self, store: Store) -> None:
        message_id = sending(store)
        make(store, message_id, S.SENDING, S.RETRY_WAIT, due_at=NOW, not_sent=True)
        (one,) = claim(store)
        store.pause("acme", by="ann", why="", at=NOW)
        assert store.commit([prepared(one)], now=NOW, lease=LEASE)[0].state is S.RETRY_WAIT
        assert store.lanes_retrying() == []
        store.resume("acme", by="ann", why="", at=NOW)
        assert list(store.lanes_retrying()) == [LANE]

    def test_pauses_are_kept_with_who_and_why(self, store: Store) -> None:
        store.pause("acme", by="ann", why="typo", at=NOW)
        store.pause("acme", by="bob", why="prices", at=NOW + SECOND)
        (pause,) = store.pauses()
        assert (pause.scope, pause.by, pause.why, pause.at) == ("acme", "bob", "prices", NOW + SECOND)
        assert store.resume("acme", by="cid", why="all well", at=NOW + MINUTE)
        assert not store.resume("acme", by="cid", why="", at=NOW + MINUTE)
        assert store.pauses() == []
        assert [(one.paused, one.by, one.why) for one in store.pause_history()] == [
            (True, "ann", "typo"),
            (True, "bob", "prices"),
            (False, "cid", "all well"),
        ]

    def test_a_change_that_waits_for_what_is_over_is_due_at_once(self, store: Store) -> None:
        # A worker gives a message back under a pause that was ended a moment ago.
        (message_id,) = queue(store, 1).ids
        claim(store)
        make(store, message_id, S.CLAIMED, S.QUEUED, due_at=WHENEVER, waits_for="acme")
        assert [one.id for one in claim(store)] == [message_id]

    def test_what_waits_for_a_breaker_is_due_when_it_closes(self, store: Store) -> None:
        breaker = store.open_breaker(LANE, code="30034", message="why", at=NOW, rest=HOUR, longest=HOUR)
        queue(store, 1, 2)
        for one in claim(store):
            make(store, one.id, S.CLAIMED, S.QUEUED, due_at=breaker.until, waits_for=LANE)
        assert claim(store, now=NOW + MINUTE) == []
        assert store.close_breaker(LANE, at=NOW + MINUTE)
        assert not store.close_breaker(LANE, at=NOW + MINUTE)
        assert len(claim(store, now=NOW + MINUTE)) == 2

    def test_a_breaker_rests_twice_as_long_each_time_up_to_the_longest(self, store: Store) -> None:
        at, rests = NOW, []
        for _ in range(5):
            found = store.open_breaker(LANE, code="1", message="", at=at, rest=20 * MINUTE, longest=HOUR)
            again = store.open_breaker(LANE, code="2", message="", at=at, rest=20 * MINUTE, longest=HOUR)
            assert (again.until, again.code) == (found.until, "1")
            rests.append(found.until - at)
            at = found.until
        assert rests == [20 * MINUTE, 40 * MINUTE, HOUR, HOUR, HOUR]
        (breaker,) = store.breakers()
        assert (breaker.failures, breaker.opened_at) == (5, NOW)

    def test_one_worker_tries_a_half_open_breaker(self, store: Store) -> None:
        store.open_breaker(LANE, code="1", message="", at=NOW, rest=MINUTE, longest=HOUR)
        later = NOW + MINUTE
        assert not store.try_breaker(LANE, at=later - SECOND, until=later)
        assert store.try_breaker(LANE, at=later, until=later + LEASE)
        assert not store.try_breaker(LANE, at=later, until=later + LEASE)
        assert store.try_breaker(LANE, at=later + LEASE, until=later + 2 * LEASE)
        store.end_try(LANE)
        assert store.try_breaker(LANE, at=later, until=later + LEASE)
        assert not store.try_breaker("acme/sender/other", at=later, until=later + LEASE)

    def test_resuming_closes_a_breaker(self, store: Store) -> None:
        store.open_breaker(LANE, code="1", message="", at=NOW, rest=MINUTE, longest=HOUR)
        assert store.resume(LANE, by="ann", why="registered", at=NOW)
        assert store.breakers() == []
        assert [one.paused for one in store.pause_history()] == [False]

    def test_a_rest_can_be_ended_without_forgetting_the_failures(self, store: Store) -> None:
        store.open_breaker("acme", code="1", message="", at=NOW, rest=MINUTE, longest=HOUR)
        store.half_open_breaker("acme", at=NOW)
        assert not store.breakers()[0].is_open(NOW)
        assert store.open_breaker("acme", code="1", message="", at=NOW, rest=MINUTE, longest=HOUR).failures == 2

    def test_an_unreachable_number_is_suppressed_in_its_workspace(self, store: Store) -> None:
        store.suppress_numbers([Unreachable("acme", number(1), "21614", "no mobile", NOW)])
        store.suppress_numbers([Unreachable("other", number(2), "21614", "no mobile", NOW)])
        queue(store, 1, 2)
        results = store.commit(
            [prepared(one, need=ConsentNeed.NOT_STOPPED) for one in claim(store)], now=NOW, lease=LEASE
        )
        assert [(one.state, one.reason) for one in results] == [
            (S.SUPPRESSED, "suppressed.provider:21614"),
            (S.SENDING, None),
        ]
        assert store.suppression("acme", number(1)) == Unreachable("acme", number(1), "21614", "no mobile", NOW)
        assert store.suppression("acme", number(2)) is None

    @pytest.mark.parametrize(
        ("source", "state", "lifts"),
        [
            ("operator", ConsentState.SUBSCRIBED, True),
            ("inbound", ConsentState.SUBSCRIBED, True),
            ("import", ConsentState.SUBSCRIBED, False),
            ("operator", ConsentState.STOPPED, False),
        ],
    )
    def test_who_lifts_a_suppression(self, store: Store, source: str, state: ConsentState, lifts: bool) -> None:
        store.suppress_numbers([Unreachable("acme", number(1), "21614", "", NOW)])
        store.record_consent([consent(1, state, source=source)])
        assert (store.suppression("acme", number(1)) is None) == lifts

    def test_an_erased_person_leaves_no_suppressed_number(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        store.suppress_numbers([Unreachable("acme", number(1), "21614", "", NOW)])
        store.erase_person("acme", "ada", at=NOW)
        assert store.suppression("acme", number(1)) is None

    def test_cancels_what_has_not_left_and_nothing_else(self, store: Store) -> None:
        doubtful, on_the_wire = in_doubt(store, 1), sending(store, 2)
        held = in_doubt(store, 3)
        make(store, held, S.IN_DOUBT, S.HELD)
        retried = sending(store, 4)
        make(store, retried, S.SENDING, S.RETRY_WAIT, due_at=NOW + HOUR, not_sent=True)
        resent = in_doubt(store, 5)  # `on_doubt: resend`: the first attempt may have gone out
        make(store, resent, S.IN_DOUBT, S.RETRY_WAIT, due_at=NOW + HOUR)
        (claimed,) = queue(store, 6).ids
        (one,) = claim(store)
        (queued,) = queue(store, 7).ids
        would = store.cancellable(Which(workspace="acme"))
        done = store.cancel(Which(workspace="acme"), by="ann", at=NOW)
        assert done == would
        assert (done.cancelled, done.left) == (4, {S.IN_DOUBT: 1, S.SENDING: 1, S.RETRY_WAIT: 1})
        assert [state_of(store, m) for m in (held, retried, claimed, queued)] == [S.CANCELLED] * 4
        assert [state_of(store, m) for m in (doubtful, on_the_wire, resent)] == [S.IN_DOUBT, S.SENDING, S.RETRY_WAIT]
        assert list(store.commit([prepared(one)], now=NOW, lease=LEASE)) == [Committed(claimed, None)]
        assert store.history(queued)[-1].detail == {"by": "ann"}

    def test_cancels_by_id_template_and_key(self, store: Store) -> None:
        (first, second) = queue(store, 1, 2, key="k").ids
        (other,) = queue(store, 3, template="other").ids
        queue(store, 4, workspace="elsewhere", template="other")
        assert store.cancel(Which(ids=(first,)), by="a", at=NOW).cancelled == 1
        assert store.cancel(Which(ids=(first,)), by="a", at=NOW).cancelled == 0
        assert store.cancel(Which(workspace="acme", template="club/welcome", key="no"), by="a", at=NOW).cancelled == 0
        assert store.cancel(Which(workspace="acme", key="k"), by="a", at=NOW).cancelled == 1
        assert store.cancel(Which(workspace="acme", template="other"), by="a", at=NOW).cancelled == 1
        assert [state_of(store, m) for m in (first, second, other)] == [S.CANCELLED] * 3
        assert store.count_states(workspace="elsewhere") == {S.QUEUED: 1}

    def test_a_follower_is_a_new_message_and_there_is_one(self, store: Store) -> None:
        first = sending(store, 1)
        make(store, first, S.SENDING, S.ACCEPTED, provider_id="SM1")
        make(store, first, S.ACCEPTED, S.UNDELIVERED, error_code="30003")
        follower = store.follow(first, at=NOW, due_at=NOW + MINUTE)
        assert follower is not None
        assert (store.followed(follower), store.follower(first)) == (first, follower)
        assert store.follow(first, at=NOW, due_at=NOW) is None
        assert store.follow(follower, at=NOW, due_at=NOW) is None
        (one,) = claim(store, now=NOW + MINUTE)
        assert (one.id, one.number, one.attempt, one.frozen) == (follower, number(1), 0, None)
        # It is no duplicate of the one it follows.
        commit(store, [one], now=NOW + MINUTE)

    def test_a_key_does_not_count_followers(self, store: Store) -> None:
        (first,) = queue(store, 1, key="k").ids
        (one,) = claim(store)
        commit(store, [one])
        make(store, first, S.SENDING, S.ACCEPTED, provider_id="SM1")
        follower = store.follow(first, at=NOW, due_at=NOW)
        again = store.queue(send(key="k"), numbers=[number(1)])
        assert (again.queued, again.existing, again.ids) == (0, 1, (first,))
        assert store.cancel(Which(workspace="acme", key="k"), by="a", at=NOW).cancelled == 1
        assert follower is not None
        assert state_of(store, follower) is S.CANCELLED

    def test_counts_codes_of_changes_that_were_made(self, store: Store) -> None:
        message_id = sending(store)
        refused = change(message_id, S.SENDING, S.RETRY_WAIT, error_code="20429", error_kind="retry", due_at=NOW)
        assert store.change([refused, refused]) == [True, False]
        assert list(store.code_counts()) == [CodeCount("acme", "20429", "retry", 1, NOW)]

    def test_knows_templates_that_were_sent(self, store: Store) -> None:
        queue(store, 1)
        assert store.sent_template("acme", "club/welcome")
        assert not store.sent_template("acme", "other")
