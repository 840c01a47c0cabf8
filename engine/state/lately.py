"""How many texts have come from a number to a sender of late: what tells two machines that answer each other.

The texts of the last moments are kept in memory, in a table of this connection alone that follows the file. In the file
it would take an index over numbers, which puts each text at a place of its own: four fifths of all that a busy server
writes to its disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from engine.state.room import some

KEPT = 60_000_000
"""Microseconds after which texts that are of no use any more are swept away together."""

_TABLES = (
    """CREATE TEMP TABLE IF NOT EXISTS lately (workspace TEXT, number TEXT, sender TEXT, seq INTEGER, at INTEGER,
        PRIMARY KEY (workspace, number, sender, seq)) WITHOUT ROWID""",
    "CREATE TEMP TABLE IF NOT EXISTS lately_has (since INTEGER, until INTEGER)",
)


def texts_lately(
    conn: sqlite3.Connection, workspace: str, sender: str, numbers: Iterable[str], after: int
) -> dict[str, int]:
    """Gives, inside a write transaction, how many texts came from each of the numbers after a moment, where any did."""
    _follow(conn, after)
    found = conn.execute(
        """SELECT j.value, count(*) FROM json_each(?) j CROSS JOIN lately l
        ON l.workspace = ? AND l.number = j.value AND l.sender = ? AND l.at > ? GROUP BY j.value""",
        (some(numbers), workspace, sender, after),
    )
    return dict(found.fetchall())


def _follow(conn: sqlite3.Connection, after: int) -> None:
    """Takes in what has come since the last look, from whichever process."""
    for statement in _TABLES:
        conn.execute(statement)
    since, until = conn.execute("SELECT min(since), min(until) FROM lately_has").fetchone()
    if since is None or after < since:
        conn.execute("DELETE FROM lately")
        since, until = after, None
    elif after - since > KEPT:
        conn.execute("DELETE FROM lately WHERE at <= ?", (after,))
        since = after
    if until is None:
        # Rows are in the order in which they came, so that nothing before the last one that is too old counts.
        too_old = "SELECT seq FROM inbound WHERE at <= ? ORDER BY seq DESC LIMIT 1"
        (until,) = conn.execute(f"SELECT coalesce(({too_old}), 0)", (after,)).fetchone()
    conn.execute(
        """INSERT INTO lately SELECT workspace, number, sender, seq, at FROM inbound
        WHERE seq > ? AND number IS NOT NULL""",
        (until,),
    )
    conn.execute("DELETE FROM lately_has")
    conn.execute("INSERT INTO lately_has SELECT ?, coalesce((SELECT max(seq) FROM inbound), 0)", (since,))
