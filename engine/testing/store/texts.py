"""Looking back at texts, and what they start."""

from __future__ import annotations

from datetime import timedelta

from engine.stops import Which
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite, claim, number, person, send
from engine.types import InboundMessage, MessageState, Purpose

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
        assert store.count_texts("acme", number(1), to=SUPPORT, since=NOW - SECOND) == 4
        assert store.count_texts("acme", number(1), to=SUPPORT, since=NOW + SECOND) == 2, "after, not at"
        assert store.count_texts("acme", number(3), to=SUPPORT, since=NOW - SECOND) == 0

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
