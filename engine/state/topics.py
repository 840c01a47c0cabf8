"""Subscription topics: what each number said of each topic last."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from engine.ledger import Subscription
from engine.state.codec import to_moment
from engine.state.room import Room, some
from engine.types import Consent, ConsentState


class Subscribing(Room):
    """The part of the store that knows who wants which topic."""

    def subscriptions(self, workspace: str, number: str) -> Sequence[Subscription]:
        """Gives what a number said of each topic, the newest first."""
        rows = self._file.rows(
            """SELECT t.topic, t.state, l.at, l.detail FROM topics t JOIN consent_ledger l ON l.entry = t.entry
            WHERE t.workspace = ? AND t.number = ? ORDER BY t.entry DESC, t.topic""",
            (workspace, number),
        )
        return [Subscription(topic, ConsentState(state), to_moment(at), detail) for topic, state, at, detail in rows]


def topics_now(
    conn: sqlite3.Connection, wanted: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], ConsentState]:
    """Gives the state of each (workspace, number, topic) that anything was said of, inside a transaction."""
    if not wanted:
        return {}
    rows = conn.execute(
        """SELECT t.workspace, t.number, t.topic, t.state FROM json_each(?) j CROSS JOIN topics t
        ON t.workspace = j.value ->> 0 AND t.number = j.value ->> 1 AND t.topic = j.value ->> 2""",
        (some(wanted),),
    )
    return {(workspace, number, topic): ConsentState(state) for workspace, number, topic, state in rows}


def write_topics(conn: sqlite3.Connection, entries: Sequence[tuple[int, Consent]]) -> None:
    """Makes entries of the ledger the present state of their topics, inside a transaction."""
    conn.executemany(
        """INSERT INTO topics VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (workspace, number, topic) DO UPDATE SET state = excluded.state, entry = excluded.entry""",
        [(c.workspace, c.number, c.topic, c.state.value, entry) for entry, c in entries],
    )


def end_pending(conn: sqlite3.Connection, stops: Sequence[tuple[int, str, str]]) -> None:
    """Ends what waited to be confirmed by numbers that have stopped: (entry of the stop, workspace, number)."""
    conn.executemany(
        """UPDATE topics SET state = 'stopped', entry = ?
        WHERE workspace = ? AND number = ? AND state = 'pending' AND entry < ?""",
        [(entry, workspace, number, entry) for entry, workspace, number in stops],
    )
