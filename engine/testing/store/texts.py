"""Looking back at texts, and what they start."""

from __future__ import annotations

from datetime import timedelta

from engine.outbox import Queued
from engine.stops import Which
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite, claim, consent, number, person, send
from engine.texts import Acquaintance, Arrival, Texter
from engine.types import ConsentState, InboundMessage, MessageState, Purpose

SUPPORT = "+14155550100"


def text(
    store: Store, provider_id: str, n: int = 1, *, to: str = SUPPORT, seconds: int = 0, workspace: str = "acme"
) -> None:
    """Records a text, so many seconds after the beginning."""
    message = InboundMessage(provider_id, number(n), to, f"text {provider_id}", ("https://media.example/1",))
    at = NOW + seconds * SECOND
    assert store.record_inbound(workspace, message, at=at, outcome={"rule": "join"}) is not None


class TextsSuite(StoreSuite):
    """Of texts that came in."""

    def test_are_kept_with_their_media_and_what_came_of_them(self, store: Store) -> None:
        message = InboundMessage("SM1", number(1), SUPPORT, "JOIN", ("https://media.example/1",))
        queued = store.record_inbound(
            "acme", message, at=NOW, outcome={"rule": "join"}, reply=send(purpose=Purpose.REPLY)
        )
        assert queued is not None
        started = store.start_later("acme", "SM1", send(due_at=NOW + SECOND), number=number(1), person=None)
        (kept,) = store.texts()
        assert (kept.workspace, kept.provider_id, kept.number, kept.to, kept.body) == (
            "acme",
            "SM1",
            number(1),
            SUPPORT,
            "JOIN",
        )
        assert (kept.media, kept.at, kept.outcome) == (message.media, NOW, {"rule": "join"})
        assert ((kept.reply,), kept.started) == (queued.ids, started)

    def test_come_oldest_first_and_can_be_chosen(self, store: Store) -> None:
        for index in range(5):
            text(store, f"SM{index}", index % 2, workspace="acme" if index else "other")
        assert [one.provider_id for one in store.texts()] == ["SM0", "SM1", "SM2", "SM3", "SM4"]
        assert [one.provider_id for one in store.texts(workspace="acme", newest=2)] == ["SM3", "SM4"]
        assert [one.provider_id for one in store.texts(number=number(0))] == ["SM0", "SM2", "SM4"]
        assert [one.provider_id for one in store.texts(workspace="acme", number=number(0), newest=9)] == ["SM2", "SM4"]
        assert list(store.texts(workspace="nowhere", newest=1)) == []

    def test_are_counted_between_two_numbers(self, store: Store) -> None:
        for index in range(4):
            text(store, f"SM{index}", seconds=index)
        text(store, "other phone", 2)
        text(store, "other sender", to="67076")
        text(store, "other workspace", workspace="other")
        mine, stranger = Texter("acme", number(1), SUPPORT), Texter("acme", number(3), SUPPORT)
        met = store.acquaintances([mine, stranger, Texter("acme", number(1), "67076")], since=NOW - SECOND)
        assert [one.lately for one in met] == [4, 0, 1]
        (met_since,) = store.acquaintances([mine], since=NOW + SECOND)
        assert met_since.lately == 2, "after, not at"

    def test_are_of_people_whose_consent_is_known(self, store: Store) -> None:
        store.upsert_people([person("bob", number(1)), person("ada", number(1)), person("eve", number(2))], at=NOW)
        store.record_consent([consent(1, ConsentState.STOPPED), consent(2, ConsentState.STOPPED, sender="brand")])
        texters = [
            Texter("acme", number(1), SUPPORT),
            Texter("acme", number(2), SUPPORT, "support"),
            Texter("acme", number(2), "ACME", "brand"),
            Texter("other", number(1), SUPPORT),
        ]
        assert list(store.acquaintances(texters, since=NOW)) == [
            Acquaintance("ada", ConsentState.STOPPED, 0),
            Acquaintance("eve", ConsentState.UNKNOWN, 0),
            Acquaintance("eve", ConsentState.STOPPED, 0),
            Acquaintance(None, ConsentState.UNKNOWN, 0),
        ]

    def test_are_recorded_many_at_once(self, store: Store) -> None:
        texts = [InboundMessage(f"SM{n}", number(n), SUPPORT, f"text {n}") for n in range(300)]
        some = [Arrival("acme", one, {}, reply=send() if n % 3 else None) for n, one in enumerate(texts)]
        assert store.record_texts(some[:1], at=NOW) == [Queued(0, 0, ())]
        queued = store.record_texts([*some, some[7]], at=NOW)
        assert (queued[0], queued[-1]) == (None, None), "one was there before, and one twice"
        there = [one for one in queued[1:-1] if one is not None]
        assert [one.queued for one in there] == [int(n % 3 > 0) for n in range(1, 300)]
        assert [(one.body, (one.reply,) if one.reply else ()) for one in store.texts()][1:] == [
            (one.body, new.ids) for one, new in zip(texts[1:], there, strict=True)
        ]
        assert [one.to for one in store.messages()] == [number(n) for n in range(300) if n % 3]

    def test_start_a_template_once_while_it_waits(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        later = send(due_at=NOW + timedelta(minutes=10))
        for index in range(4):
            text(store, f"SM{index}", 2 if index == 3 else 1)
        first = store.start_later("acme", "SM0", later, number=number(1), person="ada")
        assert first is not None
        assert store.start_later("acme", "SM1", later, number=number(1), person="ada") is None
        other = send(template="club/points", due_at=NOW + timedelta(minutes=10))
        assert store.start_later("acme", "SM2", other, number=number(1), person="ada") is not None
        assert store.start_later("acme", "SM3", later, number=number(2), person=None) is not None
        assert claim(store) == [], "not before its time"
        due = claim(store, now=NOW + timedelta(minutes=10))
        assert {(one.template, one.number, one.person.id if one.person else None) for one in due} == {
            ("club/welcome", number(1), "ada"),
            ("club/points", number(1), "ada"),
            ("club/welcome", number(2), None),
        }

    def test_start_a_template_again_once_it_was_sent(self, store: Store) -> None:
        for index in range(2):
            text(store, f"SM{index}")
        first = store.start_later("acme", "SM0", send(), number=number(1), person=None)
        assert first is not None
        self._end(store, first)
        second = store.start_later("acme", "SM1", send(), number=number(1), person=None)
        assert second not in (None, first)

    def test_forget_who_is_erased(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        text(store, "SM0")
        store.start_later("acme", "SM0", send(), number=number(1), person="ada")
        store.erase_person("acme", "ada", at=NOW)
        (kept,) = store.texts()
        assert (kept.number, kept.body, kept.media, kept.outcome) == (None, None, (), {})
        assert store.count_states() == {MessageState.CANCELLED: 1}

    @staticmethod
    def _end(store: Store, message_id: str) -> None:
        store.cancel(Which(ids=(message_id,)), by="operator", at=NOW)
