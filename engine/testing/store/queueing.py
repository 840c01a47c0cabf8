"""Queueing."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite, claim, number, person, queue, send
from engine.types import MessageState, Purpose


class QueueingSuite(StoreSuite):
    """Of queueing."""

    def test_queues_a_message_for_each_recipient(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        queued = store.queue(send(), persons=["bob", "ada", "bob"], numbers=[number(3), number(3)])
        assert (queued.queued, queued.existing, len(set(queued.ids))) == (3, 0, 3)
        records = list(store.messages())
        assert [record.id for record in records] == list(queued.ids)
        assert [(record.person, record.to) for record in records] == [("bob", None), ("ada", None), (None, number(3))]
        assert {record.state for record in records} == {MessageState.QUEUED}

    def test_queues_for_everyone_of_the_workspace(self, store: Store) -> None:
        store.upsert_people([person(f"p{n:03}") for n in range(250)] + [person("x", workspace="other")], at=NOW)
        queued = store.queue(send(), everyone=True)
        assert (queued.queued, queued.existing, len(queued.ids)) == (250, 0, 100)
        assert [record.person for record in store.messages()] == [f"p{n:03}" for n in range(250)]
        assert [record.id for record in store.messages()][:100] == list(queued.ids)

    def test_nobody_to_send_to_is_nothing_queued(self, store: Store) -> None:
        queued = store.queue(send(key="k"), everyone=True)
        assert (queued.queued, queued.existing, queued.ids) == (0, 0, ())

    def test_an_unknown_person_queues_nobody(self, store: Store) -> None:
        store.upsert_people([person("ada"), person("eve", workspace="other")], at=NOW)
        for nobody in ("nobody", "eve"):
            with pytest.raises(UsageError):
                store.queue(send(key="k"), persons=["ada", nobody])
        assert list(store.messages()) == []

    def test_the_same_call_again_queues_nothing(self, store: Store) -> None:
        store.upsert_people([person("ada"), person("bob")], at=NOW)
        first = store.queue(send(key="k", data={"a": 1, "b": 2}), persons=["ada", "bob"], numbers=[number(1)])
        again = store.queue(send(key="k", data={"b": 2, "a": 1}), persons=["ada", "bob"], numbers=[number(1)])
        assert (first.queued, first.existing) == (3, 0)
        assert (again.queued, again.existing) == (0, 3)
        assert again.ids == first.ids

    def test_a_key_called_again_adds_only_who_has_none(self, store: Store) -> None:
        store.upsert_people([person("ada"), person("bob")], at=NOW)
        first = store.queue(send(key="k"), everyone=True)
        store.upsert_people([person("cy")], at=NOW)
        again = store.queue(send(key="k", release="r2"), everyone=True)
        assert (again.queued, again.existing) == (1, 2)
        assert set(again.ids) > set(first.ids)
        assert [(record.person, record.release) for record in store.messages()] == [
            ("ada", "r1"),
            ("bob", "r1"),
            ("cy", "r2"),
        ]
        third = store.queue(send(key="k"), persons=["cy"], numbers=[number(1)])
        assert (third.queued, third.existing) == (1, 1)

    def test_without_a_key_each_call_queues(self, store: Store) -> None:
        assert [queue(store, 1).queued, queue(store, 1).queued] == [1, 1]

    @pytest.mark.parametrize("other", [{"template": "club/bye"}, {"data": {"a": 2}}], ids=["template", "data"])
    def test_a_key_stands_for_one_send(self, store: Store, other: dict[str, object]) -> None:
        queue(store, 1, key="k", data={"a": 1})
        with pytest.raises(UsageError):
            queue(store, 2, **{"key": "k", "data": {"a": 1}, **other})
        assert len(list(store.messages())) == 1
        assert queue(store, 1, key="k2", data={"a": 2}).queued == 1
        assert queue(store, 1, key="k", workspace="other", data={"a": 2}).queued == 1, "keys belong to a workspace"

    def test_a_claim_carries_what_was_sent(self, store: Store) -> None:
        ada = person("ada", number(1), first_name="Ada")
        store.upsert_people([ada], at=NOW)
        later = NOW + SECOND
        store.queue(
            send(
                purpose=Purpose.REPLY,
                data={"code": "123"},
                event={"body": "JOIN"},
                reply_from="support",
                created_at=NOW,
                due_at=later,
            ),
            persons=["ada"],
        )
        (one,) = claim(store, now=later)
        assert (one.workspace, one.template, one.release, one.purpose) == ("acme", "club/welcome", "r1", Purpose.REPLY)
        assert (one.data, one.event, one.reply_from) == ({"code": "123"}, {"body": "JOIN"}, "support")
        assert (one.person, one.number, one.frozen, one.attempt) == (ada, None, None, 0)
        assert (one.created_at, one.due_at, one.state) == (NOW, later, MessageState.CLAIMED)
        assert (one.attempt_started_at, one.let_go_at, one.look_ups) == (None, None, 0)

    def test_messages_of_one_call_share_their_send(self, store: Store) -> None:
        queue(store, 1, 2)
        queue(store, 3)
        sends = [one.send for one in claim(store)]
        assert sends[0] == sends[1] != sends[2]

    def test_the_person_is_as_they_are_when_claimed(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1), name="Ada")], at=NOW)
        store.queue(send(), persons=["ada"])
        store.upsert_people([person("ada", number(2), name="Ada L.")], at=NOW)
        (one,) = claim(store)
        assert one.person == person("ada", number(2), name="Ada L.")

    def test_ids_sort_by_age_and_mean_nothing_elsewhere(self, store: Store) -> None:
        ids = [queue(store, n).ids[0] for n in range(40)]
        assert ids == sorted(ids)
        for stranger in ("", "msg_", "nonsense", ids[0][:-1], ids[0] + "0", ids[0].upper(), "msg_" + "0" * 20):
            assert store.message(stranger) is None
            assert store.claim_view(stranger) is None
            assert list(store.history(stranger)) == []
