"""Forgetting a person without forgetting what was promised to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from engine.state.clicks import part_clicks
from engine.state.room import some, write_history
from engine.state.webhooks import erase_calls

ERASED = "person.erased"

_ENDS = {
    "queued": "cancelled",
    "retry_wait": "cancelled",
    "claimed": "cancelled",
    "in_doubt": "held",
}


def texts_of(conn: sqlite3.Connection, workspace: str, person_id: str, *, after: int = 0) -> list[int]:
    """Gives the rows of the texts that came from a person's number, behind the row `after`. Reads them all: who is
    erased is rare, and an index over numbers would cost every text four times what it writes."""
    rows = conn.execute(
        """SELECT i.seq FROM people p
        CROSS JOIN inbound i NOT INDEXED ON i.workspace = p.workspace AND i.number = p.phone
        WHERE p.workspace = ? AND p.id = ? AND i.seq > ?""",
        (workspace, person_id, after),
    )
    return [seq for (seq,) in rows]


def erase(conn: sqlite3.Connection, workspace: str, person_id: str, texts: Sequence[int], at: int) -> bool:
    """Forgets inside a transaction; see `SqliteStore.erase_person`. `texts` are the rows of those that came."""
    person = conn.execute("SELECT phone FROM people WHERE workspace = ? AND id = ?", (workspace, person_id)).fetchone()
    if person is None:
        return False
    conn.execute("DELETE FROM people WHERE workspace = ? AND id = ?", (workspace, person_id))
    rows = conn.execute(
        "SELECT seq, state, attempt, changes FROM messages WHERE workspace = ? AND person = ?",
        (workspace, person_id),
    ).fetchall()
    messages = some(row[0] for row in rows)
    if person[0] is not None:
        conn.execute("DELETE FROM suppressions WHERE workspace = ? AND number = ?", (workspace, person[0]))
    _forget_words(conn, messages)
    _forget_data(conn, messages)
    if person[0] is not None:
        conn.execute("DELETE FROM starts WHERE workspace = ? AND number = ?", (workspace, person[0]))
    erase_calls(conn, texts, ERASED, at)
    conn.execute(
        """UPDATE inbound SET number = NULL, body = NULL, media = NULL, outcome = '{}'
        WHERE seq IN (SELECT value FROM json_each(?))""",
        (some(texts),),
    )
    _end(conn, [row for row in rows if row[1] in _ENDS], at)
    return True


def hold_erased(conn: sqlite3.Connection, seqs: list[int], at: int) -> set[int]:
    """Holds those in doubt whose words are gone: there is nothing left to look for. Gives which they were."""
    rows = conn.execute(
        """SELECT m.seq, m.state, m.attempt, m.changes FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value
        JOIN frozen f ON f.message = m.seq WHERE f.body IS NULL""",
        (some(seqs),),
    ).fetchall()
    _end(conn, rows, at)
    return {row[0] for row in rows}


def _forget_words(conn: sqlite3.Connection, messages: str) -> None:
    conn.execute(
        "UPDATE frozen SET number = NULL, body = NULL, media = NULL WHERE message IN (SELECT value FROM json_each(?))",
        (messages,),
    )
    conn.execute(
        "UPDATE messages SET number = NULL WHERE number IS NOT NULL AND seq IN (SELECT value FROM json_each(?))",
        (messages,),
    )
    conn.execute("UPDATE history SET detail = NULL WHERE message IN (SELECT value FROM json_each(?))", (messages,))
    # A short address is never given out again, so its row stays: it leads nowhere and has long expired.
    conn.execute(
        "UPDATE links SET url = '', expires_at = 0 WHERE message IN (SELECT value FROM json_each(?))", (messages,)
    )
    part_clicks(conn, messages)


def _forget_data(conn: sqlite3.Connection, messages: str) -> None:
    """Data given for this person alone goes; what many share says nothing of one. The rows of a send are neighbours."""
    conn.execute(
        """UPDATE sends SET data = '{}', event = '{}' WHERE id IN (
            SELECT m.send FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value WHERE NOT EXISTS (
                SELECT 1 FROM messages n WHERE n.seq IN (m.seq - 1, m.seq + 1) AND n.send = m.send))""",
        (messages,),
    )


def _end(conn: sqlite3.Connection, rows: list[tuple[int, str, int, int]], at: int) -> None:
    conn.executemany(
        """UPDATE messages SET state = ?, reason = ?, updated_at = ?, owner = NULL, lease_until = NULL,
            changes = changes + 1 WHERE seq = ?""",
        [(_ENDS[state], ERASED, at, seq) for seq, state, _, _ in rows],
    )
    write_history(
        conn,
        [(seq, changes + 1, at, state, _ENDS[state], attempt, ERASED, None) for seq, state, attempt, changes in rows],
    )
