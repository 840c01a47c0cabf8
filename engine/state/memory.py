"""States in memory that all begin alike: for whoever plays through what would happen, and keeps nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlite_utils

from engine.state.connection import Connection
from engine.state.migrations import migrations
from engine.state.sqlite import SqliteStore

WHERE = Path(":memory:")
KEY = bytes(32)
"""The key of message ids: the same every time, so that the ids are."""


class Beginning:
    """What each state begins as: the tables, and what was written to `store`. Migrated once, copied at will."""

    def __init__(self) -> None:
        conn = _connect()
        migrations().apply(sqlite_utils.Database(conn, recursive_triggers=False, execute_plugins=False))
        conn.execute("UPDATE settings SET value = ? WHERE name = 'message_id_key'", (KEY,))
        self._conn = conn
        self.store = _store(conn)

    def copy(self) -> SqliteStore:
        """Gives a state of its own, that is gone when it is closed."""
        conn = _connect()
        self._conn.backup(conn)
        return _store(conn)


def _connect() -> sqlite3.Connection:
    conn = sqlite3.connect(WHERE, isolation_level=None, check_same_thread=False, cached_statements=256)
    conn.execute("PRAGMA foreign_keys = ON")
    return conn


def _store(conn: sqlite3.Connection) -> SqliteStore:
    return SqliteStore(Connection(conn, path=WHERE, read_only=False))
