"""What calls of providers need."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store import Store
from engine.testing.store.base import ALICE, LEASE, NOW, SECOND, StoreSuite, claim, make, number, queue, send, sending
from engine.types import InboundMessage, MessageState, Purpose

S = MessageState


def text(provider_id: str) -> InboundMessage:
    """A text to us."""
    return InboundMessage(provider_id, number(1), "+14155550100", "JOIN")


class Broken(Exception):
    """Ends a transaction half-way."""


class CallingSuite(StoreSuite):
    """Of calls."""

    def test_calls_within_one_transaction_are_seen_by_others_together(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        with store.together():
            (first,) = queue(store, 1).ids
            (second,) = queue(store, 2).ids
            assert [record.id for record in store.messages()] == [first, second]
            assert store.claim_view(first) is not None
            assert list(other.messages()) == []
        assert [record.id for record in other.messages()] == [first, second]
        other.close()

    def test_a_part_fails_by_itself(self, store: Store) -> None:
        def part() -> None:
            with store.together():
                queue(store, 2)
                assert store.record_inbound("acme", text("SM1"), at=NOW, outcome={}) is not None
                raise Broken

        with store.together():
            (first,) = queue(store, 1).ids
            with pytest.raises(Broken):
                part()
            (third,) = queue(store, 3).ids
        assert [record.id for record in store.messages()] == [first, third]
        assert store.record_inbound("acme", text("SM1"), at=NOW, outcome={}) is not None, "it may come again"

    def test_the_whole_fails_together(self, store: Store) -> None:
        def whole() -> None:
            with store.together():
                queue(store, 1)
                with store.together():
                    queue(store, 2)
                raise Broken

        with pytest.raises(Broken):
            whole()
        assert list(store.messages()) == []

    def test_finds_a_message_by_what_the_provider_calls_it(self, store: Store) -> None:
        message_id = sending(store, 1)
        make(store, message_id, S.SENDING, S.ACCEPTED, provider_id="SM1")
        (other,) = queue(store, 2).ids
        calls = [
            (None, "SM1"),
            (None, "SM2"),
            (other, "SM2"),
            (other, "SM1"),
            ("msg_of_another_state", "SM1"),
            ("", ""),
        ]
        assert [one.id if one else None for one in store.called_about(calls)] == [
            message_id,
            None,
            other,
            other,
            message_id,
            None,
        ]
        assert store.called_about([(message_id, "SM1")]) == [store.message(message_id)]
        assert store.called_about([]) == []

    def test_takes_one_message(self, store: Store) -> None:
        first, second = queue(store, 1, 2).ids
        taken = store.take(second, owner=ALICE, now=NOW, lease=LEASE)
        assert taken is not None
        assert (taken.id, taken.number, taken.attempt) == (second, number(2), 0)
        assert store.take(second, owner=ALICE, now=NOW, lease=LEASE) is None, "it is taken"
        assert [one.id for one in claim(store)] == [first]
        store.sweep(now=NOW + LEASE, first_look=SECOND)
        assert {one.id for one in claim(store, now=NOW + LEASE)} == {first, second}, "its lease runs out like any"

    def test_takes_nothing_that_is_not_due_or_not_there(self, store: Store) -> None:
        (later,) = queue(store, 1, due_at=NOW + SECOND).ids
        assert store.take(later, owner=ALICE, now=NOW, lease=LEASE) is None
        assert store.take("msg_nothing", owner=ALICE, now=NOW, lease=LEASE) is None

    def test_knows_what_a_text_was_answered_with(self, store: Store) -> None:
        queued = store.record_inbound("acme", text("SM1"), at=NOW, outcome={}, reply=send(purpose=Purpose.REPLY))
        store.record_inbound("acme", text("SM2"), at=NOW, outcome={})
        assert queued is not None
        assert store.reply_to("acme", "SM1") == queued.ids[0]
        assert store.reply_to("acme", "SM2") is None
        assert store.reply_to("other", "SM1") is None

    def test_keeps_until_when_texts_were_asked_for(self, store: Store) -> None:
        assert store.inbound_until("acme") is None
        for moment in (NOW, NOW + SECOND, NOW):
            store.set_inbound_until("acme", moment)
        assert store.inbound_until("acme") == NOW + SECOND
        assert store.inbound_until("other") is None
