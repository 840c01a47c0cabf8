"""Lists, counts, and a store that is opened to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StateUnavailable
from engine.store import Store
from engine.testing.store.base import (
    NOW,
    SECOND,
    StoreSuite,
    claim,
    commit,
    make,
    number,
    person,
    queue,
    send,
    sending,
)
from engine.types import MessageState

S = MessageState


class LookingSuite(StoreSuite):
    """Of looking."""

    def test_streams_the_outbox_oldest_first(self, store: Store) -> None:
        ids = [queue(store, n % 100, workspace="acme" if n % 2 else "other").ids[0] for n in range(20)]
        assert [record.id for record in store.messages()] == ids
        assert [record.id for record in store.messages(workspace="acme")] == ids[1::2]
        assert [record.id for record in store.messages(newest=3)] == ids[-3:]
        assert [record.id for record in store.messages(workspace="other", newest=2)] == ids[-4::2]
        assert [record.id for record in store.messages(newest=100)] == ids
        assert list(store.messages(newest=0)) == []
        assert list(store.messages(workspace="nowhere", newest=5)) == []

    def test_chooses_by_state(self, store: Store) -> None:
        ids = queue(store, *range(6)).ids
        claims = claim(store, limit=4)
        commit(store, claims[:2])
        make(store, ids[0], S.SENDING, S.ACCEPTED)
        wanted = {S.ACCEPTED: [ids[0]], S.SENDING: [ids[1]], S.CLAIMED: list(ids[2:4]), S.QUEUED: list(ids[4:])}
        for state, expected in wanted.items():
            assert [record.id for record in store.messages(states=[state])] == expected
        mixed = [S.QUEUED, S.ACCEPTED, S.SENDING]
        assert [record.id for record in store.messages(states=mixed)] == [*ids[:2], *ids[4:]]
        assert [record.id for record in store.messages(states=mixed, newest=3)] == [ids[1], *ids[4:]]
        assert list(store.messages(states=[S.HELD])) == []

    def test_streams_more_than_fits_a_page_while_messages_change(self, store: Store) -> None:
        store.upsert_people([person(f"p{n:04}") for n in range(1200)], at=NOW)
        store.queue(send(), everyone=True)
        seen = []
        for record in store.messages():
            seen.append(record.person)
            if len(seen) == 600:
                claim(store, limit=1000)
        assert seen == [f"p{n:04}" for n in range(1200)]

    def test_a_record_holds_what_is_known(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        (message_id,) = store.queue(send(due_at=NOW + SECOND), persons=["ada"]).ids
        record = store.message(message_id)
        assert record is not None
        assert record == next(store.messages())
        assert (record.id, record.workspace, record.template) == (message_id, "acme", "club/welcome")
        assert (record.person, record.to, record.sender, record.body) == ("ada", None, None, None)
        assert (record.state, record.reason, record.attempts, record.release) == (S.QUEUED, None, 0, "r1")
        assert (record.created_at, record.updated_at, record.due_at) == (NOW, NOW, NOW + SECOND)
        assert (record.provider_id, record.segments, record.encoding, record.media) == (None, None, None, ())

    def test_counts_by_state_and_by_lane(self, store: Store) -> None:
        assert store.count_states() == {}
        assert store.count_lanes() == {}
        queue(store, 1, 2, 3)
        queue(store, 1, workspace="other", lane="other/sender/x")
        commit(store, claim(store, limit=1))
        assert store.count_states() == {S.QUEUED: 3, S.SENDING: 1}
        assert store.count_states(workspace="acme") == {S.QUEUED: 2, S.SENDING: 1}
        assert store.count_states(workspace="nowhere") == {}
        assert store.count_lanes() == {
            "acme/sender/support": {S.QUEUED: 2, S.SENDING: 1},
            "other/sender/x": {S.QUEUED: 1},
        }

    def test_gives_the_poller_what_is_unfinished(self, store: Store) -> None:
        ids = [sending(store, n) for n in range(5)]
        for n, message_id in enumerate(ids):
            make(store, message_id, S.SENDING, S.ACCEPTED, at=NOW + n * SECOND)
        make(store, ids[1], S.ACCEPTED, S.SENT, at=NOW + SECOND)
        make(store, ids[2], S.ACCEPTED, S.DELIVERED, at=NOW + 2 * SECOND)

        def page(after: str = "", limit: int = 10) -> list[str]:
            found = store.unfinished(now=NOW + 14 * SECOND, older_than=10 * SECOND, limit=limit, after=after)
            return [record.id for record in found]

        assert page() == [ids[0], ids[1], ids[3]]
        assert page(limit=2) == [ids[0], ids[1]]
        assert page(after=ids[1]) == [ids[3]]
        assert page(after=ids[4]) == []
        for without, expected in ((["acme"], []), (["other"], [ids[0], ids[1], ids[3]])):
            found = store.unfinished(now=NOW + 14 * SECOND, older_than=10 * SECOND, limit=10, without=without)
            assert [record.id for record in found] == expected

    def test_what_a_call_returned_is_there_for_the_next_who_opens(self, store: Store, tmp_path: Path) -> None:
        message_id = sending(store)
        other = self.open(tmp_path)
        assert other.message(message_id) == store.message(message_id)
        assert [entry.state for entry in other.history(message_id)] == [S.QUEUED, S.SENDING]
        other.close()

    def test_a_reader_sees_and_changes_nothing(self, store: Store, tmp_path: Path) -> None:
        (message_id,) = queue(store, 1).ids
        reader = self.open(tmp_path, read_only=True)
        assert [record.id for record in reader.messages()] == [message_id]
        for write in (lambda: queue(reader, 2), lambda: claim(reader)):
            with pytest.raises(StateUnavailable):
                write()
        (second,) = queue(store, 2).ids
        assert [record.id for record in reader.messages()] == [message_id, second], "it sees what is new"
        reader.close()

    def test_a_state_that_does_not_exist_reads_as_an_empty_one(self, tmp_path: Path) -> None:
        reader = self.open(tmp_path / "nowhere", read_only=True)
        assert reader.live_release() is None
        assert list(reader.messages()) == []
        assert list(reader.people("acme")) == []
        assert list(reader.workers()) == []
        assert reader.count_states() == {}
        reader.close()
        assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"
