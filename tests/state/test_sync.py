"""Waiting for the disk, apart from the transaction that wants to be on it."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StateUnavailable
from engine.state import connection
from engine.state.connection import Connection
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import LEASE, NOW, claim, person, prepared, queue


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore.open("sqlite:///engine.db", folder=tmp_path)


def synced(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[int]:
    """Gives the sizes of the log when the system was asked to write all of it, as they come; the system is asked."""
    sizes: list[int] = []
    sync = connection._sync

    def spy(file: int) -> None:
        sync(file)
        found, log = os.fstat(file), (folder / "engine.db-wal").stat()
        assert (found.st_ino, found.st_dev) == (log.st_ino, log.st_dev)
        sizes.append(found.st_size)

    monkeypatch.setattr(connection, "_sync", spy)
    return sizes


def test_a_commit_that_does_not_wait_is_in_the_log_that_sync_waits_for(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(store):
        store.upsert_people([person("ada")], at=NOW)
        queue(store, 1)
        (one,) = claim(store)
        sizes = synced(monkeypatch, tmp_path)
        store.commit([prepared(one)], now=NOW, lease=LEASE, durable=False)
        log = (tmp_path / "engine.db-wal").stat().st_size
        store.sync()
        store.sync()
    assert sizes == [log, log]


def test_the_log_is_found_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real"
    real.mkdir()
    SqliteStore.open("sqlite:///engine.db", folder=real).close()
    (tmp_path / "engine.db").symlink_to(real / "engine.db")
    sizes = synced(monkeypatch, real)
    with closing(SqliteStore.open("sqlite:///engine.db", folder=tmp_path)) as store:
        store.upsert_people([person("ada")], at=NOW)
        store.sync()
    assert sizes != []


def test_it_waits_for_no_transaction(tmp_path: Path) -> None:
    with (
        closing(Connection.open(tmp_path / "engine.db", read_only=False)) as file,
        ThreadPoolExecutor(1) as thread,
        file.write(),
    ):
        thread.submit(file.sync).result(timeout=10)


def test_a_disk_that_fails_is_told(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(connection, "_sync", fail)
    with closing(store), pytest.raises(StateUnavailable, match="failed to read or write"):
        store.sync()


def test_many_threads_open_the_log_once(store: SqliteStore) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    gate = threading.Barrier(8)

    def sync() -> None:
        gate.wait()
        store.sync()

    with closing(store):
        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(sync) for _ in range(8)]:
                done.result()
        assert len(list(Path("/proc/self/fd").iterdir())) == before + 1


def test_a_copy_without_a_log_gets_one(tmp_path: Path) -> None:
    with closing(SqliteStore.open("sqlite:///engine.db", folder=tmp_path)) as store:
        store.upsert_people([person("ada")], at=NOW)
    with closing(sqlite3.connect(tmp_path / "engine.db")) as conn:
        conn.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    with closing(SqliteStore.open("sqlite:///copy.db", folder=tmp_path)) as store:
        store.upsert_people([person("bob")], at=NOW)
        store.sync()
        assert store.count_people("acme") == 2


def test_who_needs_the_disk_waits_for_it_whatever_other_threads_do(tmp_path: Path) -> None:
    with closing(Connection.open(tmp_path / "engine.db", read_only=False)) as file, ThreadPoolExecutor(1) as thread:
        opened, asked = threading.Event(), threading.Event()

        def hasty() -> None:
            with file.write(durable=False):
                opened.set()
                assert asked.wait(30)

        first = thread.submit(hasty)
        assert opened.wait(30)
        write = file.write()
        asked.set()
        with write as conn:
            assert conn.execute("PRAGMA synchronous").fetchone() == (2,)
        first.result()
