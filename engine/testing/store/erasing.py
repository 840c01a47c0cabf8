"""Forgetting a person."""

from __future__ import annotations

import pytest

from engine.outbox import Link
from engine.store import Store
from engine.testing.store.base import (
    ALICE,
    LEASE,
    NOW,
    SECOND,
    StoreSuite,
    change,
    claim,
    commit,
    consent,
    number,
    person,
    prepared,
    send,
    state_of,
)
from engine.types import ConsentState, InboundMessage, MessageState

S = MessageState
PRIVATE = "a very private matter"


class ErasingSuite(StoreSuite):
    """Of forgetting people."""

    def test_erasing_nobody_is_told(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1), "other")], at=NOW)
        assert not store.erase_person("acme", "ada", at=NOW)
        assert store.person("other", "ada") is not None

    def test_forgets_the_person_and_keeps_their_consent(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        store.record_consent([consent(1, ConsentState.STOPPED)])
        assert store.erase_person("acme", "ada", at=NOW)
        assert store.person("acme", "ada") is None
        assert list(store.people_with_number("acme", number(1))) == []
        assert store.consent("acme", number(1)) is ConsentState.STOPPED
        assert store.person("acme", "bob") == person("bob", number(2))

    def test_forgets_the_number_and_words_of_their_messages(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        ids = store.queue(send(), persons=["ada", "bob"]).ids
        link = Link(f"https://go.acme.example/{'a' * 10}", f"https://acme.example/?q={PRIVATE}", 0, None)
        claims = claim(store)
        commit(store, claims[:1], body=PRIVATE, links=(link,), trail=[{"gate": PRIVATE}])
        commit(store, claims[1:], body="for bob")
        store.change([change(ids[0], S.SENDING, S.ACCEPTED, provider_id="SM1", detail={"said": PRIVATE})])
        store.erase_person("acme", "ada", at=NOW + SECOND)
        record = store.message(ids[0])
        assert record is not None
        assert (record.to, record.body, record.state, record.provider_id) == (None, None, S.ACCEPTED, "SM1")
        view = store.claim_view(ids[0])
        assert view is not None
        assert (view.person, view.number, view.frozen) == (None, None, None)
        assert PRIVATE not in repr(store.history(ids[0]))
        found = store.link(link.short)
        assert found is not None, "a short address is never free again"
        assert found[1].url == ""
        assert found[1].expires_at is not None
        assert found[1].expires_at < NOW
        other = store.message(ids[1])
        assert other is not None
        assert (other.to, other.body) == (number(2), "for bob")

    def test_forgets_data_that_was_theirs_alone(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        (alone,) = store.queue(send(data={"secret": PRIVATE}, key="once"), persons=["ada"]).ids
        shared = store.queue(send(data={"code": "shared"}), persons=["ada", "bob"]).ids
        store.erase_person("acme", "ada", at=NOW)
        views = [store.claim_view(message_id) for message_id in (alone, *shared)]
        assert [view.data for view in views if view] == [{}, {"code": "shared"}, {"code": "shared"}]
        again = store.queue(send(data={"secret": PRIVATE}, key="once"), numbers=[number(3)])
        assert again.queued == 1, "the key still knows its data"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (S.QUEUED, S.CANCELLED),
            (S.CLAIMED, S.CANCELLED),
            (S.RETRY_WAIT, S.CANCELLED),
            (S.IN_DOUBT, S.HELD),
            (S.HELD, S.HELD),
            (S.SENDING, S.SENDING),
            (S.DELIVERED, S.DELIVERED),
        ],
    )
    def test_ends_what_has_not_left(self, store: Store, before: MessageState, after: MessageState) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        (message_id,) = store.queue(send(), persons=["ada"]).ids
        claims = claim(store) if before is not S.QUEUED else []
        if before not in (S.QUEUED, S.CLAIMED):
            commit(store, claims)
        if before not in (S.QUEUED, S.CLAIMED, S.SENDING):
            store.change([change(message_id, S.SENDING, before)])
        assert state_of(store, message_id) is before
        store.erase_person("acme", "ada", at=NOW)
        assert state_of(store, message_id) is after
        if before is S.CLAIMED:
            (result,) = store.commit([prepared(one) for one in claims], now=NOW, lease=LEASE)
            assert result.state is None, "the claim went with the person"

    def test_a_doubt_that_comes_after_is_held(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        (message_id,) = store.queue(send(), persons=["ada"]).ids
        commit(store, claim(store))
        store.erase_person("acme", "ada", at=NOW)
        store.sweep(now=NOW + LEASE, first_look=SECOND)
        doubts = store.due_doubts(owner=ALICE, now=NOW + LEASE + SECOND, lease=LEASE, limit=10)
        assert list(doubts) == []
        assert state_of(store, message_id) is S.HELD

    def test_forgets_what_they_wrote_but_not_that_it_came(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        message = InboundMessage("SMin", number(1), "+14155550100", PRIVATE)
        store.record_inbound("acme", message, at=NOW, outcome={})
        store.erase_person("acme", "ada", at=NOW)
        assert store.record_inbound("acme", message, at=NOW, outcome={}) is None
