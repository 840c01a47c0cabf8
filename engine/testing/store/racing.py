"""Several at once: threads, processes, and processes that are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from engine.errors import PlanStale
from engine.store import Store
from engine.testing.store.base import (
    LANE,
    LEASE,
    NOW,
    StoreSuite,
    change,
    claim,
    number,
    person,
    prepared,
    queue,
    send,
    sending,
)
from engine.testing.store.releases import release
from engine.types import MessageState

S = MessageState
T = TypeVar("T")
SPAWN = multiprocessing.get_context("spawn")


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Runs calls on threads that start together; gives their answers in order."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


class RacingSuite(StoreSuite):
    """Of races and crashes."""

    def test_threads_share_a_store(self, store: Store) -> None:
        store.upsert_people([person(f"p{n}", number(n % 100)) for n in range(300)], at=NOW)
        store.queue(send(), everyone=True)
        taken = at_once(*[lambda n=n: _claim_all(store, f"worker-{n}") for n in range(4)])
        ids = [message_id for one in taken for message_id in one]
        assert len(ids) == len(set(ids)) == 300

    def test_stores_on_one_state_claim_each_message_once(self, store: Store, tmp_path: Path) -> None:
        store.upsert_people([person(f"p{n}", number(n % 100)) for n in range(300)], at=NOW)
        store.queue(send(), everyone=True)
        other = self.open(tmp_path)
        mine, others = at_once(lambda: _claim_all(store, "mine"), lambda: _claim_all(other, "others"))
        other.close()
        assert len(mine) + len(others) == len({*mine, *others}) == 300

    def test_one_of_two_commits_of_a_message_holds(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        for n in range(20):
            queue(store, n)
            (one,) = claim(store)
            item = prepared(one)
            results = at_once(
                lambda item=item: store.commit([item], now=NOW, lease=LEASE)[0].state,  # type: ignore[misc]  # as above
                lambda item=item: other.commit([item], now=NOW, lease=LEASE)[0].state,  # type: ignore[misc]  # as above
            )
            assert sorted(results, key=str) == [None, S.SENDING]
        other.close()

    def test_one_of_two_messages_gets_a_provider_id(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        for n in range(20):
            ids = [sending(store, n), sending(store, n)]
            changes = [change(one, S.SENDING, S.ACCEPTED, provider_id=f"SM{n}") for one in ids]
            made = at_once(
                lambda c=changes: store.change(c[:1])[0],  # type: ignore[misc]  # as above
                lambda c=changes: other.change(c[1:])[0],  # type: ignore[misc]  # as above
            )
            assert sorted(made) == [False, True]
        other.close()

    def test_one_of_two_calls_with_a_key_queues(self, store: Store, tmp_path: Path) -> None:
        store.upsert_people([person(f"p{n}") for n in range(50)], at=NOW)
        other = self.open(tmp_path)
        for n in range(10):
            queued = at_once(
                *[lambda one=one, n=n: one.queue(send(key=f"k{n}"), everyone=True).queued for one in (store, other)]
            )
            assert sorted(queued) == [0, 50]
        other.close()

    def test_one_of_two_releases_becomes_live(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)

        def put(one: Store, release_id: str) -> bool:
            try:
                one.put_release(release(release_id))
            except PlanStale:
                return False
            return True

        made = at_once(lambda: put(store, "r1"), lambda: put(other, "r2"))
        other.close()
        assert sorted(made) == [False, True]
        assert store.live_release_id() == ("r1" if made[0] else "r2")

    def test_a_lock_is_waited_for(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        inside: list[str] = []

        def enter(one: Store, name: str) -> None:
            for _ in range(5):
                with one.lock("apply", holder=name, wait=timedelta(seconds=60)):
                    inside.append(name)
                    assert inside == [name]
                    inside.clear()

        at_once(lambda: enter(store, "ada"), lambda: enter(other, "bob"))
        other.close()

    def test_a_state_is_made_once_by_whoever_comes_first(self, tmp_path: Path) -> None:
        stores = at_once(*[lambda: self.open(tmp_path)] * 4)
        queue(stores[0], 1)
        assert [len(list(one.messages())) for one in stores] == [1] * 4
        for one in stores:
            one.close()

    def test_processes_claim_each_message_once(self, store: Store, tmp_path: Path) -> None:
        store.upsert_people([person(f"p{n}", number(n % 100)) for n in range(400)], at=NOW)
        store.queue(send(), everyone=True)
        pipes = []
        for n in range(2):
            here, there = SPAWN.Pipe()
            SPAWN.Process(target=_claim_in_process, args=(self.store_class, self.url(), tmp_path, n, there)).start()
            pipes.append(here)
        assert [pipe.recv() for pipe in pipes] == ["ready"] * 2
        for pipe in pipes:
            pipe.send("go")
        ids = [message_id for pipe in pipes for message_id in pipe.recv()]
        assert len(ids) == len(set(ids)) == 400

    def test_a_killed_process_leaves_whole_transactions(self, store: Store, tmp_path: Path) -> None:
        store.upsert_people([person(f"p{n:04}", number(n % 100)) for n in range(3000)], at=NOW)
        store.queue(send(), everyone=True)
        told: set[str] = set()
        for stroke in range(6):
            here, there = SPAWN.Pipe()
            process = SPAWN.Process(target=_commit_in_process, args=(self.store_class, self.url(), tmp_path, there))
            process.start()
            there.close()
            for _ in range(2 + 3 * stroke):
                told.update(here.recv())
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            told.update(_rest(here))
        reopened = self.open(tmp_path)
        by_id = {record.id: record for record in reopened.messages()}
        assert all(by_id[message_id].state is S.SENDING for message_id in told), "what was returned is on disk"
        for record in by_id.values():
            assert (record.state is S.SENDING) == (record.body is not None) == (record.attempts == 1)
            committed = record.state is S.SENDING
            assert len(reopened.history(record.id)) == (2 if committed else 1)
        reopened.close()


def _claim_all(store: Store, owner: str) -> list[str]:
    ids: list[str] = []
    while claims := store.claim(owner=owner, now=NOW, lease=LEASE, lane=LANE, limit=7):
        ids += [one.id for one in claims]
    return ids


def _claim_in_process(store_class: type[Store], url: str, folder: Path, n: int, pipe: Connection) -> None:
    store = store_class.open(url, folder=folder)
    pipe.send("ready")
    pipe.recv()
    pipe.send(_claim_all(store, f"process-{n}"))


def _commit_in_process(store_class: type[Store], url: str, folder: Path, pipe: Connection) -> None:
    store = store_class.open(url, folder=folder)
    while claims := claim(store, limit=20):
        results = store.commit([prepared(one, to=_own_number(one.id)) for one in claims], now=NOW, lease=LEASE)
        pipe.send([result.id for result in results if result.state is S.SENDING])


def _own_number(message_id: str) -> str:
    return f"+1415555{int(message_id[4:14], 16):04}"


def _rest(pipe: Connection) -> set[str]:
    """What the process had still sent when it died; its last words may be cut short."""
    told: set[str] = set()
    try:
        while pipe.poll():
            told.update(pipe.recv())
    except (EOFError, OSError):
        pass
    return told
