"""A cache is believed as a whole or not at all, and never gets in the way."""

from __future__ import annotations

import os
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.cache import Cache, file_of, folder_of
from engine.config.fingerprint import fingerprint
from engine.plugins import Plugins, load

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CODE = "c0de"
ROWS = {"a": {"body": "Hi ☕\n"}, "b": [1, None, True], "c": True}


def written(file: Path, rows: dict[str, object] | None = None) -> Cache:
    """Gives a cache that was saved."""
    cache = Cache(file, CODE)
    for key, row in (ROWS if rows is None else rows).items():
        cache.put(key, row)
    cache.save(NOW)
    return cache


def found(file: Path, code: str = CODE) -> dict[str, object]:
    """Gives what a new process would read."""
    cache = Cache(file, code)
    return {key: cache.get(key) for key in ROWS if cache.text(key) is not None}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cache") / "some.jsonl"
    written(file)
    return file


def test_what_was_saved_is_found(saved: Path) -> None:
    assert found(saved) == ROWS


def test_nothing_is_found_by_other_code(saved: Path) -> None:
    assert found(saved, "0ther") == {}


@given(data=st.data())
@settings(deadline=None)
def test_a_damaged_file_is_no_cache(saved: Path, data: st.DataObject) -> None:
    whole = saved.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    damaged = whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]
    other = saved.with_name("damaged.jsonl")
    other.write_bytes(damaged)
    other.chmod(0o600)
    assert found(other) == (ROWS if damaged == whole else {})


@given(length=st.integers(0, 400))
def test_a_cut_file_is_no_cache(saved: Path, length: int) -> None:
    whole = saved.read_bytes()
    other = saved.with_name("cut.jsonl")
    other.write_bytes(whole[:length])
    assert found(other) == (ROWS if length >= len(whole) else {})


def test_rows_that_nobody_asks_for_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    written(file)
    cache = Cache(file, CODE)
    assert cache.get("a") == ROWS["a"]
    cache.save(NOW)
    assert found(file) == {"a": ROWS["a"]}


def test_what_was_all_used_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    written(file)
    before = file.stat()
    cache = Cache(file, CODE)
    for key in ROWS:
        cache.get(key)
    cache.save(NOW)
    assert file.stat().st_ino == before.st_ino


def test_two_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    one, other = Cache(file, CODE), Cache(file, CODE)
    one.put("a", ROWS["a"])
    other.put("b", ROWS["b"])
    one.save(NOW)
    other.save(NOW)
    assert found(file) == {"b": ROWS["b"]}
    assert [path.name for path in tmp_path.iterdir()] == ["some.jsonl"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "deep/some.jsonl"
    written(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("open_to", [stat.S_IWGRP, stat.S_IWOTH])
def test_where_others_may_write_nothing_is_believed_and_nothing_kept(tmp_path: Path, open_to: int) -> None:
    file = tmp_path / "deep/some.jsonl"
    written(file)
    file.parent.chmod(0o700 | open_to)
    assert found(file) == {}
    file.unlink()
    written(file)
    assert not file.exists()


def test_a_file_that_others_may_write_is_not_believed(saved: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    file.write_bytes(saved.read_bytes())
    file.chmod(0o666)
    assert found(file) == {}


def test_a_link_and_what_is_no_file_are_not_followed(saved: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link.jsonl", tmp_path / "pipe.jsonl"
    link.symlink_to(saved)
    os.mkfifo(pipe, 0o600)
    assert found(link) == {}
    assert found(pipe) == {}


def test_a_disk_that_takes_nothing_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    written(tmp_path / "file/some.jsonl")
    assert found(tmp_path / "file/some.jsonl") == {}


def test_caches_that_no_run_renewed_for_a_month_are_deleted(tmp_path: Path) -> None:
    old, recent, other = tmp_path / "old.jsonl", tmp_path / "recent.jsonl", tmp_path / "other.txt"
    killed = tmp_path / "some.4711.jsonl"
    for path, days in ((old, 31), (killed, 31), (recent, 29), (other, 31)):
        path.write_text("")
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))
    written(tmp_path / "some.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.txt", "recent.jsonl", "some.jsonl"]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        pytest.param({"ENGINE_CACHE": "/c", "HOME": "/h"}, Path("/c"), id="as told"),
        pytest.param({"ENGINE_CACHE": "", "HOME": "/h"}, None, id="switched off"),
        pytest.param({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, Path("/x/engine-sms"), id="XDG"),
        pytest.param({"XDG_CACHE_HOME": "x", "HOME": "/h"}, Path("/h/.cache/engine-sms"), id="relative is ignored"),
        pytest.param({"HOME": "/h"}, Path("/h/.cache/engine-sms"), id="home"),
        pytest.param({}, None, id="no home"),
    ],
)
def test_where_caches_are(variables: dict[str, str], folder: Path | None) -> None:
    assert folder_of(variables) == folder


def test_each_config_and_environment_has_a_file(tmp_path: Path) -> None:
    files = {file_of(tmp_path, Path(config), env) for config in ("a", "b") for env in (None, "None", "staging")}
    assert len(files) == 6
    assert file_of(tmp_path, Path("a"), None) == file_of(tmp_path, Path("./b/../a"), None)


def test_the_fingerprint_follows_the_code_of_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "colours_for_tests"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "inner.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    __import__("colours_for_tests")
    plugins = Plugins({"colours": sys.modules["colours_for_tests"]})
    before = fingerprint(plugins)
    assert before == fingerprint(plugins)
    assert before != fingerprint(load([]))
    (folder / "inner.py").write_text("A = 2\n")
    edited = fingerprint(plugins)
    assert edited != before
    (tmp_path / "library-2.0.dist-info").mkdir()
    assert fingerprint(plugins) not in (before, edited)
    monkeypatch.delitem(sys.modules, "colours_for_tests")
    assert fingerprint(plugins) is None
