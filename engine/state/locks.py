"""Named locks that a dead holder cannot keep.

The lock itself is SQLite's lock on a small file of its own, which the kernel lets go when the process that holds it
ends, however it ends and in whichever container it ran; a table beside it says who holds it, for whoever must wait.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.errors import LockHeld
from engine.locks import LockHolder
from engine.state.codec import to_moment
from engine.state.connection import failures
from engine.state.room import Room

_NOW = "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
_HOLDER = "SELECT holder, host, pid, since, run FROM locks WHERE name = ?"


class Locking(Room):
    """The part of the store that keeps two from doing the same thing at once."""

    @contextmanager
    def lock(self, name: str, *, holder: str, wait: timedelta, run: str | None = None) -> Iterator[LockHolder | None]:
        """Holds a named lock and gives who died with it, if anybody did. Raises LockHeld after `wait`."""
        if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
            raise ValueError(f"not a name for a lock: {name!r}")
        self._file.must_write()
        path = Path(f"{self._file.path}-lock-{name}")
        with failures(path):
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            conn = sqlite3.connect(
                f"file:{quote(str(path))}?mode=rw",
                uri=True,
                timeout=max(0.0, wait.total_seconds()),
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            with failures(path):
                try:
                    conn.execute("BEGIN EXCLUSIVE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
                    raise self._held(name) from error
            died = self._sign(name, holder, run)
            try:
                yield died
            finally:
                self._unsign(name)
        finally:
            conn.close()

    def _sign(self, name: str, holder: str, run: str | None) -> LockHolder | None:
        """Writes down who has a lock now. Whoever still stands there had it and never let it go: they are dead."""
        with self._file.write() as conn:
            died = conn.execute(_HOLDER, (name,)).fetchone()
            conn.execute(
                f"INSERT OR REPLACE INTO locks (name, holder, host, pid, since, run) VALUES (?, ?, ?, ?, {_NOW}, ?)",
                (name, holder, socket.gethostname(), os.getpid(), run),
            )
        return None if died is None else _holder(died)

    def _unsign(self, name: str) -> None:
        with self._file.write() as conn:
            conn.execute("DELETE FROM locks WHERE name = ?", (name,))

    def _held(self, name: str) -> LockHeld:
        row = self._file.row(_HOLDER, (name,))
        if row is None:
            return LockHeld(f"the lock {name!r} is held by a process that has just taken it", hint="try again")
        return LockHeld(
            f"the lock {name!r} is held by {_holder(row)}",
            hint="wait for it to end, or wait longer with --lock-timeout; a process that died holds nothing",
        )


def _holder(row: Sequence[Any]) -> LockHolder:
    holder, host, pid, since, run = row
    return LockHolder(name=holder, host=host, pid=pid, since=to_moment(since), run=run)
