"""Texts that may take consent back, and wait for a person to judge them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from engine.ledger import Review
from engine.state.entries import COLUMNS, entry_of
from engine.state.room import Room, some
from engine.types import Consent


class Reviewing(Room):
    """The part of the store that shows what waits to be judged."""

    def reviews(self, *, workspace: str | None = None, numbers: Collection[str] = ()) -> Sequence[Review]:
        """Gives the texts that wait to be judged, oldest first; with `numbers`, only theirs."""
        with self._file.read() as conn:
            return waiting(conn, workspace, numbers)

    def count_reviews(self) -> Mapping[str, int]:
        """Gives how many texts wait to be judged, by workspace; workspaces without any are left out."""
        return dict(self._file.rows("SELECT workspace, count(*) FROM reviews GROUP BY workspace"))


def waiting(conn: sqlite3.Connection, workspace: str | None, numbers: Collection[str]) -> list[Review]:
    """Gives, inside a transaction, the texts that wait to be judged, oldest first."""
    rows = conn.execute(
        f"""SELECT {COLUMNS} FROM consent_ledger WHERE entry IN (
            SELECT entry FROM reviews WHERE (?1 IS NULL OR workspace = ?1)
            AND (json_array_length(?2) = 0 OR number IN (SELECT value FROM json_each(?2)))) ORDER BY entry""",
        (workspace, some(numbers)),
    )
    return [Review(row[0], entry_of(row)) for row in rows]


def under_review(conn: sqlite3.Connection, numbers: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Gives those of the (workspace, number) that have a text which waits to be judged, inside a transaction."""
    if not numbers or conn.execute("SELECT 1 FROM reviews LIMIT 1").fetchone() is None:
        return set()
    rows = conn.execute(
        """SELECT DISTINCT r.workspace, r.number FROM json_each(?) j
        CROSS JOIN reviews r ON r.workspace = j.value ->> 0 AND r.number = j.value ->> 1""",
        (some(numbers),),
    )
    return set(rows)


def open_reviews(conn: sqlite3.Connection, entries: Sequence[tuple[int, Consent]]) -> None:
    """Lets entries of the ledger wait to be judged, inside a transaction."""
    conn.executemany(
        "INSERT INTO reviews VALUES (?, ?, ?, ?)", [(c.workspace, c.number, entry, c.sender) for entry, c in entries]
    )


def close_reviews(conn: sqlite3.Connection, said: Collection[tuple[int, str, str, str]]) -> None:
    """Ends, inside a transaction, the wait of the texts before an entry with a clear word about (workspace, number,
    sender): one about the whole workspace settles all of its."""
    conn.executemany(
        "DELETE FROM reviews WHERE entry < ? AND workspace = ? AND number = ? AND ? IN ('', sender)",
        said,
    )
