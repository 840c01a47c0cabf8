"""The commit before the wire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from engine.outbox import Committed, Frozen, Link
from engine.store import Store
from engine.testing.store.base import (
    BOB,
    LEASE,
    NOW,
    SECOND,
    SENDER,
    StoreSuite,
    change,
    claim,
    commit,
    consent,
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
NOTHING, NOT_STOPPED, SUBSCRIBED = ConsentNeed.NOTHING, ConsentNeed.NOT_STOPPED, ConsentNeed.SUBSCRIBED


def link(name: str, position: int = 0) -> Link:
    """A short link."""
    return Link(f"https://go.acme.example/{name}", f"https://acme.example/{name}", position, NOW + LEASE)


class CommittingSuite(StoreSuite):
    """Of the commit."""

    def test_freezes_what_goes_over_the_wire(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        (one,) = claim(store)
        words = Frozen(
            to=number(1),
            country=None,
            sender=replace(SENDER, mms=False),
            body="“Hé” 👋\n",
            media=("https://cdn.acme.example/a.png",),
            encoding="UCS-2",
            segments=3,
            links=(link("b", 0), link("a", 1)),
        )
        later = NOW + SECOND
        results = store.commit([prepared(one, frozen=words)], now=later, lease=LEASE)
        assert list(results) == [Committed(message_id, S.SENDING)]
        seen = store.claim_view(message_id)
        assert seen is not None
        assert (seen.state, seen.attempt, seen.frozen) == (S.SENDING, 1, words)
        assert (seen.attempt_started_at, seen.let_go_at) == (later, later)
        record = store.message(message_id)
        assert record is not None
        assert (record.to, record.sender, record.body, record.media) == (
            words.to,
            SENDER.value,
            words.body,
            words.media,
        )
        assert (record.encoding, record.segments, record.attempts, record.updated_at) == ("UCS-2", 3, 1, later)

    @pytest.mark.parametrize(
        "wrong", [{"owner": BOB}, {"attempt": 1}, {"attempt": -1}, {"id": "msg_unknown"}], ids=lambda wrong: str(wrong)
    )
    def test_a_fence_that_does_not_hold_changes_nothing(self, store: Store, wrong: dict[str, Any]) -> None:
        (message_id,) = queue(store, 1).ids
        (one,) = claim(store)
        (result,) = store.commit([replace(prepared(one), **wrong)], now=NOW, lease=LEASE)
        assert (result.state, result.reason) == (None, None)
        assert state_of(store, message_id) is S.CLAIMED
        commit(store, [one])

    def test_a_claim_that_was_swept_cannot_be_committed(self, store: Store) -> None:
        (message_id,) = queue(store, 1).ids
        (stale,) = claim(store)
        store.sweep(now=NOW + LEASE, first_look=SECOND)
        (result,) = store.commit([prepared(stale)], now=NOW + LEASE, lease=LEASE)
        assert result.state is None
        (fresh,) = claim(store, owner=BOB, now=NOW + LEASE)
        (result,) = store.commit([prepared(stale)], now=NOW + LEASE, lease=LEASE)
        assert result.state is None
        commit(store, [fresh], owner=BOB)
        assert state_of(store, message_id) is S.SENDING

    def test_a_message_is_committed_once(self, store: Store) -> None:
        queue(store, 1)
        (one,) = claim(store)
        results = store.commit([prepared(one), prepared(one)], now=NOW, lease=LEASE)
        assert [result.state for result in results] == [S.SENDING, None]
        (result,) = store.commit([prepared(one)], now=NOW, lease=LEASE)
        assert result.state is None

    def test_one_that_does_not_wait_for_the_disk_is_seen_at_once_and_synced_beside_other_calls(
        self, store: Store
    ) -> None:
        (first, second) = queue(store, 1, 2).ids
        one, other = claim(store)
        (result,) = store.commit([prepared(one)], now=NOW, lease=LEASE, durable=False)
        assert (result.state, state_of(store, first)) == (S.SENDING, S.SENDING)
        with ThreadPoolExecutor(2) as threads:
            waits = [threads.submit(store.sync) for _ in range(20)]
            commit(store, [other])
            assert [wait.result(timeout=30) for wait in waits] == [None] * 20
        assert state_of(store, second) is S.SENDING

    def test_answers_in_order_whatever_becomes_of_each(self, store: Store) -> None:
        ids = queue(store, 1, 2, 3, 4).ids
        store.record_consent([consent(2, ConsentState.STOPPED)])
        claims = claim(store)
        items = [prepared(one, need=NOT_STOPPED) for one in reversed(claims)]
        items[1] = replace(items[1], owner=BOB)
        results = store.commit(items, now=NOW, lease=LEASE)
        assert [result.id for result in results] == list(reversed(ids))
        assert [result.state for result in results] == [S.SENDING, None, S.SUPPRESSED, S.SENDING]
        assert list(store.commit([], now=NOW, lease=LEASE)) == []

    @pytest.mark.parametrize(
        ("state", "need", "reason"),
        [
            (None, NOTHING, None),
            (None, NOT_STOPPED, None),
            (None, SUBSCRIBED, "consent.not-subscribed"),
            (ConsentState.UNKNOWN, SUBSCRIBED, "consent.not-subscribed"),
            (ConsentState.SUBSCRIBED, NOTHING, None),
            (ConsentState.SUBSCRIBED, NOT_STOPPED, None),
            (ConsentState.SUBSCRIBED, SUBSCRIBED, None),
            (ConsentState.STOPPED, NOTHING, None),  # the confirmation of the STOP itself
            (ConsentState.STOPPED, NOT_STOPPED, "consent.stopped"),
            (ConsentState.STOPPED, SUBSCRIBED, "consent.stopped"),
        ],
    )
    @pytest.mark.parametrize("sender", ["", "support"])
    def test_consent_is_checked_as_it_is_at_this_moment(
        self, store: Store, state: ConsentState | None, need: ConsentNeed, reason: str | None, sender: str
    ) -> None:
        (message_id,) = queue(store, 1).ids
        claims = claim(store)
        if state is not None:
            store.record_consent([consent(1, state, sender=sender)])
        (result,) = store.commit(
            [prepared(one, need=need, consent_sender=sender) for one in claims], now=NOW, lease=LEASE
        )
        assert (result.state, result.reason) == ((S.SUPPRESSED if reason else S.SENDING), reason)
        record = store.message(message_id)
        assert record is not None
        assert (record.state, record.reason, record.attempts) == (result.state, reason, 0 if reason else 1)

    def test_consent_belongs_to_the_number_that_is_texted(self, store: Store) -> None:
        store.record_consent([consent(2, ConsentState.STOPPED), consent(1, ConsentState.STOPPED, workspace="other")])
        queue(store, 1)
        (one,) = claim(store)
        (result,) = store.commit([prepared(one, to=number(2), need=NOT_STOPPED)], now=NOW, lease=LEASE)
        assert result.reason == "consent.stopped"
        sending(store, 1, need=NOT_STOPPED)

    def test_of_two_people_with_one_number_one_is_texted(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(1)), person("cy", number(2))], at=NOW)
        store.queue(send(), everyone=True)
        results = store.commit([prepared(one) for one in claim(store)], now=NOW, lease=LEASE)
        assert [(result.state, result.reason) for result in results] == [
            (S.SENDING, None),
            (S.SUPPRESSED, "duplicate.number"),
            (S.SENDING, None),
        ]

    def test_also_when_they_come_one_after_the_other(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(1))], at=NOW)
        store.queue(send(key="k"), persons=["ada"])
        commit(store, claim(store))
        store.queue(send(key="k"), everyone=True)
        (result,) = store.commit([prepared(one) for one in claim(store)], now=NOW, lease=LEASE)
        assert (result.state, result.reason) == (S.SUPPRESSED, "duplicate.number")

    def test_another_send_may_go_to_the_same_number(self, store: Store) -> None:
        sending(store, 1)
        sending(store, 1)

    def test_a_number_is_free_again_when_the_first_message_certainly_did_not_go(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(1))], at=NOW)
        first, _ = store.queue(send(), everyone=True).ids
        ada, bob = claim(store)
        commit(store, [ada])
        store.change([change(first, S.SENDING, S.RETRY_WAIT, not_sent=True), change(first, S.RETRY_WAIT, S.CANCELLED)])
        commit(store, [bob])

    def test_a_retry_sends_what_was_frozen_first(self, store: Store) -> None:
        message_id = sending(store, 1, body="first words", links=(link("a"),))
        make(store, message_id, S.SENDING, S.RETRY_WAIT, due_at=NOW + SECOND, not_sent=True)
        (again,) = claim(store, now=NOW + SECOND)
        assert again.frozen is not None
        assert (again.attempt, again.frozen.body, again.frozen.links) == (1, "first words", (link("a"),))
        assert again.let_go_at == NOW
        changed = replace(again.frozen, body="other words", to=number(2), links=(link("z"),))
        other = replace(prepared(again), frozen=changed)
        results = store.commit([other], now=NOW + SECOND, lease=LEASE)
        assert [result.state for result in results] == [S.SENDING]
        seen = store.claim_view(message_id)
        assert seen is not None
        assert (seen.attempt, seen.frozen, seen.let_go_at) == (2, again.frozen, NOW)
        assert store.link(link("z").short) is None

    def test_a_look_up_reaches_back_to_the_first_attempt_that_may_have_gone_out(self, store: Store) -> None:
        message_id = sending(store)
        for n, not_sent in ((1, True), (2, False), (3, False)):
            make(store, message_id, S.SENDING, S.RETRY_WAIT, due_at=NOW + n * SECOND, not_sent=not_sent)
            commit(store, claim(store, now=NOW + n * SECOND), now=NOW + n * SECOND)
        seen = store.claim_view(message_id)
        assert seen is not None
        assert (seen.attempt, seen.attempt_started_at, seen.let_go_at) == (4, NOW + SECOND, NOW)

    def test_keeps_short_links(self, store: Store) -> None:
        message_id = sending(store, 1, links=(link("a", 0), link("b", 1)))
        assert list(store.links(message_id)) == [link("a", 0), link("b", 1)]
        assert store.link(link("b").short) == (message_id, link("b", 1))
        assert store.link("https://go.acme.example/none") is None
        assert list(store.links("msg_unknown")) == []

    def test_a_short_link_of_another_message_is_not_given_out_again(self, store: Store) -> None:
        first = sending(store, 1, links=(link("a"),))
        queue(store, 2, 3)
        claims = claim(store)
        items = [prepared(claims[0], links=(link("a"),)), prepared(claims[1], links=(link("b"),))]
        results = store.commit(items, now=NOW, lease=LEASE)
        assert [(result.state, result.reason) for result in results] == [
            (S.SUPPRESSED, "link.taken"),
            (S.SENDING, None),
        ]
        assert store.link(link("a").short) == (first, link("a"))

    def test_a_suppressed_message_gives_out_no_links(self, store: Store) -> None:
        store.record_consent([consent(1, ConsentState.STOPPED)])
        queue(store, 1)
        (one,) = claim(store)
        store.commit([prepared(one, need=NOT_STOPPED, links=(link("a"),))], now=NOW, lease=LEASE)
        assert store.link(link("a").short) is None

    def test_the_lease_begins_anew(self, store: Store) -> None:
        queue(store, 1)
        (one,) = claim(store)
        commit(store, [one], now=NOW + LEASE - SECOND)
        assert store.sweep(now=NOW + LEASE, first_look=SECOND) == {}
        assert store.sweep(now=NOW + 2 * LEASE, first_look=SECOND) == {S.IN_DOUBT: 1}
