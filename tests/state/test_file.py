"""The file of the embedded store: made, opened, refused."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from state_file import made, open_store

from engine.errors import StateUnavailable
from engine.state.connection import Connection
from engine.state.sqlite import SqliteStore, path_of
from engine.testing.store.base import NOW, claim, commit, consent, number, person, queue, send


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(call: Any, *args: Any) -> str:
    """Runs a call as a user who owns nothing, since root may do anything; gives the error's class and message."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_as_nobody, args=(there, call, *args))
    process.start()
    told: str = here.recv()
    process.join()
    return told


def _as_nobody(pipe: Any, call: Any, *args: Any) -> None:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        call(*args)
    except Exception as error:  # noqa: BLE001 # the parent process decides what it expected
        pipe.send(f"{type(error).__name__}: {error}")
    else:
        pipe.send("fine")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///state/engine.db", "/project/state/engine.db"),
        ("sqlite:////var/lib/engine.db", "/var/lib/engine.db"),
        ("sqlite:///with%20space/%C3%A9.db", "/project/with space/é.db"),
    ],
)
def test_a_url_names_a_file(url: str, path: str) -> None:
    assert path_of(url, folder=Path("/project")) == Path(path)


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://", "sqlite:///", "sqlite://host/x.db", "sqlite:///x.db?mode=ro"])
def test_a_url_that_names_no_file_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StateUnavailable):
        SqliteStore.open(url, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "#1.db", "é.db"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    file = Connection.open(tmp_path / name, read_only=False)
    file.close()
    assert (tmp_path / name).is_file()


def test_only_its_owner_may_look_at_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(tmp_path)
        queue(store, 1)
    finally:
        os.umask(before)
    files = sorted((tmp_path / "state").iterdir())
    assert {path.name for path in files} >= {"engine.db", "engine.db-wal", "engine.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    store.close()


def test_is_durable_and_waits_for_others(tmp_path: Path) -> None:
    file = Connection.open(tmp_path / "x.db", read_only=False)
    settings = {name: file.row(f"PRAGMA {name}")[0] for name in ("journal_mode", "synchronous", "busy_timeout")}
    file.close()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000}


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    made(tmp_path)
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["engine.db"]


def test_reading_leaves_one_file(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    reader = open_store(tmp_path, read_only=True)
    assert len(list(reader.messages())) == 1
    reader.close()
    assert [found.name for found in path.parent.iterdir()] == ["engine.db"]
    assert path.read_bytes() == before


def test_opens_what_a_crash_left_half_made(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/engine.db").touch()
    reader = open_store(tmp_path, read_only=True)
    assert list(reader.messages()) == []
    reader.close()
    made(tmp_path)


def test_reads_a_folder_in_which_nobody_may_write(open_folder: Path) -> None:
    path = made(open_folder)
    path.parent.chmod(0o555)
    path.chmod(0o444)

    def look() -> None:
        reader = open_store(open_folder, read_only=True)
        assert len(list(reader.messages())) == 1
        reader.close()

    assert as_nobody(look) == "fine"
    assert as_nobody(open_store, open_folder).startswith("StateUnavailable: the state")


def test_a_folder_in_which_one_may_not_write_is_refused(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    assert as_nobody(open_store, open_folder).startswith("StateUnavailable: the state")
    assert list(open_folder.iterdir()) == []


def test_a_file_that_one_may_not_read_is_refused(open_folder: Path) -> None:
    made(open_folder)
    for read_only in (True, False):
        assert as_nobody(_open, open_folder, read_only).startswith("StateUnavailable: the state")


def _open(folder: Path, read_only: bool) -> None:
    open_store(folder, read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    "content",
    [b"not a database, but long enough to have a header of its own" * 20, b"SQLite format 3\x00" + b"\xff" * 200],
)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes, read_only: bool) -> None:
    path = tmp_path / "state/engine.db"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateUnavailable):
        open_store(tmp_path, read_only=read_only)
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state/engine.db").mkdir(parents=True)
    for read_only in (False, True):
        with pytest.raises(StateUnavailable):
            open_store(tmp_path, read_only=read_only)


def test_a_file_in_the_place_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(StateUnavailable):
        open_store(tmp_path)


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "state/engine.db"
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE messages (text TEXT)")
    other.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StateUnavailable, match="another program"):
            open_store(tmp_path, read_only=read_only)
    assert path.read_bytes() == before


def test_a_damaged_file_is_told_apart_from_a_bug(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.upsert_people([person(f"p{n}", number(n % 100), words="x" * 500) for n in range(500)], at=NOW)
    store.close()
    path = tmp_path / "state/engine.db"
    content = bytearray(path.read_bytes())
    content[-4096 * 40 :] = b"\xa5" * 4096 * 40
    path.write_bytes(content)
    store = open_store(tmp_path)
    with pytest.raises(StateUnavailable, match="damaged"):
        list(store.people("acme"))
    store.close()


def test_reopening_changes_nothing(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    store = open_store(tmp_path)
    (record,) = store.messages()
    store.close()
    assert path.read_bytes() == before
    store = open_store(tmp_path)
    assert store.message(record.id) == record, "ids stay what they were"
    store.close()


def test_the_ledger_of_consent_cannot_be_rewritten(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.record_consent([consent(1)])
    store.close()
    direct = sqlite3.connect(tmp_path / "state/engine.db")
    for statement in ("UPDATE consent_ledger SET state = 'unknown'", "DELETE FROM consent_ledger"):
        with pytest.raises(sqlite3.IntegrityError):
            direct.execute(statement)
    direct.close()


def test_erased_words_are_gone_from_the_file(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    secret = "a-very-private-matter"
    store.upsert_people([person("ada", number(1), matter=secret)], at=NOW)
    store.queue(send(data={"matter": secret}), persons=["ada"])
    commit(store, claim(store), body=secret)
    files = list((tmp_path / "state").iterdir())
    assert any(secret.encode() in path.read_bytes() for path in files)
    store.erase_person("acme", "ada", at=NOW)
    assert not any(secret.encode() in path.read_bytes() for path in files), "neither in the file nor in its log"
    store.close()


def test_a_lock_that_is_never_let_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.state.connection.BUSY_SECONDS", 0.05)
    made(tmp_path)
    holder = sqlite3.connect(tmp_path / "state/engine.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store = open_store(tmp_path)
    with pytest.raises(StateUnavailable, match="locked"):
        queue(store, 2)
    holder.execute("ROLLBACK")
    holder.close()
    queue(store, 2)
    store.close()
