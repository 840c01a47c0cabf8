"""States of other versions: refused, or brought up to date as a whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from state_file import made, open_store

from engine.errors import StateUnavailable
from engine.state.migrations import names


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as state, state:
        for statement in statements:
            state.execute(statement)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_state_of_a_newer_engine_is_refused(tmp_path: Path, read_only: bool) -> None:
    change(
        made(tmp_path),
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('engine', '9999_future', '2030')",
    )
    with pytest.raises(StateUnavailable, match="9999_future"):
        open_store(tmp_path, read_only=read_only)


def test_a_state_that_waits_for_migration_is_not_read(tmp_path: Path) -> None:
    change(made(tmp_path), f"DELETE FROM _sqlite_migrations WHERE name = '{names()[-1]}'")
    with pytest.raises(StateUnavailable, match="older Engine"):
        open_store(tmp_path, read_only=True)


def test_a_migration_that_fails_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    path = made(tmp_path)
    # So that every table but one is there already.
    change(path, "DELETE FROM _sqlite_migrations", "DROP TABLE workers")
    with pytest.raises(sqlite3.OperationalError):
        open_store(tmp_path)
    check = sqlite3.connect(path)
    tables = {name for (name,) in check.execute("SELECT name FROM sqlite_schema")}
    assert "workers" not in tables
    assert check.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (0,)
    check.close()
