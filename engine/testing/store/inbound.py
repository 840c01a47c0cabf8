"""Texts that people send."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.outbox import Queued
from engine.store import Store
from engine.testing.store.base import NOW, StoreSuite, claim, consent, number, person, queue, send
from engine.types import ConsentState, InboundMessage, Purpose


def text(provider_id: str = "SM1", n: int = 1) -> InboundMessage:
    """A text to us."""
    return InboundMessage(provider_id, number(n), "+14155550100", "JOIN please")


class InboundSuite(StoreSuite):
    """Of texts to us."""

    def test_is_recorded_once(self, store: Store) -> None:
        assert store.record_inbound("acme", text(), at=NOW, outcome={"rule": "join"}) == Queued(0, 0, ())
        assert store.record_inbound("acme", text(), at=NOW, outcome={"rule": "join"}) is None
        assert store.record_inbound("other", text(), at=NOW, outcome={}) is not None, "accounts differ by workspace"

    def test_its_effects_happen_once(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1), first_name="Ada")], at=NOW)
        for _ in range(2):
            store.record_inbound(
                "acme",
                text(),
                at=NOW,
                outcome={"rule": "join"},
                consent=[consent(1, source="inbound")],
                reply=send(purpose=Purpose.REPLY, reply_from="support", event={"body": "JOIN please"}),
                person=person("ada", club=True),
            )
        changed = person("ada", number(1), first_name="Ada", club=True)
        assert store.person("acme", "ada") == changed
        assert list(store.consent_history("acme", number(1))) == [consent(1, source="inbound")]
        (reply,) = claim(store)
        assert (reply.person, reply.number, reply.purpose, reply.reply_from) == (
            changed,
            number(1),
            Purpose.REPLY,
            "support",
        )
        assert [record.to for record in store.messages()] == [number(1)]

    def test_answers_somebody_who_is_not_known(self, store: Store) -> None:
        queued = store.record_inbound("acme", text(), at=NOW, outcome={}, reply=send(purpose=Purpose.REPLY))
        assert queued is not None
        assert queued.queued == 1
        (reply,) = claim(store)
        assert (reply.id, reply.person, reply.number) == (queued.ids[0], None, number(1))

    def test_a_stop_holds_at_once(self, store: Store) -> None:
        stop = consent(1, ConsentState.STOPPED, source="inbound")
        store.record_inbound("acme", text(), at=NOW, outcome={"rule": "stop"}, consent=[stop])
        assert store.consent("acme", number(1)) is ConsentState.STOPPED

    def test_all_or_nothing(self, store: Store) -> None:
        queue(store, 5, key="taken", data={"a": 1})
        with pytest.raises(UsageError):
            store.record_inbound(
                "acme",
                text(),
                at=NOW,
                outcome={},
                consent=[consent(1)],
                person=person("ada", number(1)),
                reply=send(key="taken", data={"a": 2}),
            )
        assert store.person("acme", "ada") is None
        assert store.consent("acme", number(1)) is ConsentState.UNKNOWN
        assert store.record_inbound("acme", text(), at=NOW, outcome={}) is not None, "it may come again"
