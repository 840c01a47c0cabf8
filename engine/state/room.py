"""What every part of the store stands on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from engine.state.codec import MessageIds, dumps
from engine.state.connection import Connection
from engine.state.rows import Reader

PAGE = 1000
"""Rows of one page."""


class Room:
    """Base of the store's parts: the file and the key of its message ids."""

    def __init__(self, file: Connection) -> None:
        self._file = file
        self._ids = MessageIds(file.row("SELECT value FROM settings WHERE name = 'message_id_key'")[0])

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def sync(self) -> None:
        """Returns when all that was written before is on disk; see `Store.sync`."""
        self._file.sync()

    def _paged(
        self, columns: str, source: str, seq: str, which: str, values: tuple[Any, Any], newest: int | None
    ) -> Iterator[Sequence[Any]]:
        """Streams rows, oldest first, each with its `seq` before its columns; with `newest`, only the last that many.
        `which` is a condition on two values, ?1 and ?2. Read in pages, so that a slow reader holds nothing."""
        after = 0
        if newest is not None:
            first = self._file.row(
                f"SELECT {seq} FROM {source} WHERE {which} ORDER BY {seq} DESC LIMIT 1 OFFSET ?3", (*values, newest - 1)
            )
            after = 0 if first is None else first[0] - 1
        while True:
            rows = self._file.rows(
                f"SELECT {seq}, {columns} FROM {source} WHERE {seq} > ?3 AND {which} ORDER BY {seq} LIMIT ?4",
                (*values, after, PAGE),
            )
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def _reader(self) -> Reader:
        return Reader(self._ids)

    def _seqs(self, message_ids: Iterable[str]) -> list[int | None]:
        return [self._ids.decode(message_id) for message_id in message_ids]


HistoryRow = tuple[int, int, int, str, str, int, str | None, str | None]
"""message, n, at, was, state, attempt, reason, detail"""


def write_history(conn: sqlite3.Connection, rows: Sequence[HistoryRow]) -> None:
    """Keeps changes that were made."""
    insert(conn, "history", rows)


MOST_ROWS = 128
"""Rows that one statement writes at most."""


def insert(conn: sqlite3.Connection, into: str, rows: Sequence[Sequence[Any]], *, then: str = "") -> None:
    """Inserts rows of equal length, many with one statement: a statement of their own costs each three times as much,
    and more where another thread waits for its turn. `into` is what stands before VALUES, `then` what stands behind."""
    for values, size in _parts(rows):
        conn.execute(_insertion(into, then, len(rows[0]), size), values)


def update(conn: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Updates rows, many with one statement. The first of the columns is the key."""
    for values, size in _parts(rows):
        conn.execute(_updating(table, tuple(columns), size), values)


def _parts(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[list[Any], int]]:
    done, size = 0, MOST_ROWS
    while done < len(rows):
        # Few sizes make few statements, which are prepared once.
        while size > len(rows) - done:
            size //= 2
        yield [value for row in rows[done : done + size] for value in row], size
        done += size


def _values(width: int, rows: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"VALUES {', '.join([row] * rows)}"


@cache
def _insertion(into: str, then: str, width: int, rows: int) -> str:
    return f"INSERT INTO {into} {_values(width, rows)} {then}"


@cache
def _updating(table: str, columns: tuple[str, ...], rows: int) -> str:
    key, *others = columns
    sets = ", ".join(f"{column} = given.{column}" for column in others)
    return f"""WITH given({", ".join(columns)}) AS ({_values(len(columns), rows)})
        UPDATE {table} SET {sets} FROM given WHERE {table}.{key} = given.{key}"""


def some(values: Iterable[Any]) -> str:
    """Gives values as the one parameter of `json_each(?)`."""
    return dumps(list(values))
