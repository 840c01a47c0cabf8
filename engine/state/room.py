"""What every part of the store stands on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from engine.state.codec import MessageIds, dumps
from engine.state.connection import Connection
from engine.state.rows import Reader


class Room:
    """Base of the store's parts: the file and the key of its message ids."""

    def __init__(self, file: Connection) -> None:
        self._file = file
        self._ids = MessageIds(file.row("SELECT value FROM settings WHERE name = 'message_id_key'")[0])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _reader(self) -> Reader:
        return Reader(self._ids)

    def _seqs(self, message_ids: Iterable[str]) -> list[int | None]:
        return [self._ids.decode(message_id) for message_id in message_ids]


HistoryRow = tuple[int, int, int, str, str, int, str | None, str | None]
"""message, n, at, was, state, attempt, reason, detail"""


def write_history(conn: sqlite3.Connection, rows: Sequence[HistoryRow]) -> None:
    """Keeps changes that were made."""
    conn.executemany("INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def some(values: Iterable[Any]) -> str:
    """Gives values as the one parameter of `json_each(?)`."""
    return dumps(list(values))
