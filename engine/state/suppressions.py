"""Numbers that cannot be reached, and how often each of a provider's codes was met."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from engine.state.codec import to_micros, to_moment
from engine.state.room import Room, some
from engine.stops import CodeCount, Unreachable


class Suppressing(Room):
    """The part of the store that knows which numbers are of no use."""

    def suppress_numbers(self, numbers: Sequence[Unreachable]) -> None:
        """Keeps that nothing more is sent to these numbers; the newest word about each is kept."""
        with self._file.write() as conn:
            conn.executemany(
                """INSERT INTO suppressions VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace, number) DO UPDATE SET
                    code = excluded.code, message = excluded.message, at = excluded.at""",
                [(one.workspace, one.number, one.code, one.message, to_micros(one.at)) for one in numbers],
            )

    def suppression(self, workspace: str, number: str) -> Unreachable | None:
        """Gives why nothing is sent to a number in a workspace, None where that is not so."""
        row = self._file.row(
            "SELECT code, message, at FROM suppressions WHERE workspace = ? AND number = ?", (workspace, number)
        )
        return None if row is None else Unreachable(workspace, number, row[0], row[1], to_moment(row[2]))

    def code_counts(self) -> Sequence[CodeCount]:
        """Gives how often each provider's code was met, by workspace, most frequent first."""
        rows = self._file.rows(
            "SELECT workspace, code, kind, count, last_at FROM code_counts ORDER BY workspace, count DESC, code, kind"
        )
        return [CodeCount(row[0], row[1], row[2], row[3], to_moment(row[4])) for row in rows]


def unreachable(conn: sqlite3.Connection, numbers: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Gives the code of each (workspace, number) that cannot be reached, inside a transaction."""
    rows = conn.execute(
        """SELECT s.workspace, s.number, s.code FROM json_each(?) j
        CROSS JOIN suppressions s ON s.workspace = j.value ->> 0 AND s.number = j.value ->> 1""",
        (some(numbers),),
    )
    return {(workspace, number): code for workspace, number, code in rows}


def lift(conn: sqlite3.Connection, numbers: Collection[tuple[str, str]]) -> None:
    """Forgets, inside a transaction, that each (workspace, number) cannot be reached."""
    conn.executemany("DELETE FROM suppressions WHERE workspace = ? AND number = ?", numbers)
