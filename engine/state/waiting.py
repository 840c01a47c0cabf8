"""What a release does to messages that wait: they move to it, or are cancelled."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.state.codec import dumps, to_micros
from engine.state.room import Room, some
from engine.state.rows import RANKS
from engine.types import Purpose
from engine.waiting import Queue

MIGRATED = "release.migrated"
CANCELLED = "cancelled.by-release"

_WAITS = "m.state IN ('queued', 'claimed') AND m.attempt = 0"
_AMONG = f"""{_WAITS} AND m.send IN (SELECT s.id FROM json_each(:queues) j
    CROSS JOIN sends s ON s.workspace = j.value ->> 0 AND s.template = j.value ->> 1)"""
_KEEP_HISTORY = f"""INSERT INTO history
    SELECT m.seq, m.changes + 1, :at, m.state, :state, m.attempt, :reason, :detail FROM messages m WHERE {_AMONG}"""


class Carrying(Room):
    """The part of the store that carries waiting messages over to a release."""

    def waiting(self) -> Mapping[Queue, int]:
        """Gives how many messages of each template wait and were never attempted."""
        rows = self._file.rows(
            f"""SELECT s.workspace, s.template, count(*) FROM messages m JOIN sends s ON s.id = m.send
            WHERE {_WAITS} GROUP BY 1, 2"""
        )
        return {Queue(workspace, template): count for workspace, template, count in rows}

    def migrate(self, queues: Mapping[Queue, Purpose], *, release: str, at: datetime) -> int:
        """Puts the waiting messages of these templates under a release, in one transaction; gives how many."""
        by_purpose: dict[Purpose, list[Queue]] = {}
        for queue, purpose in queues.items():
            by_purpose.setdefault(purpose, []).append(queue)
        moved = 0
        with self._file.write() as conn:
            for purpose, some_queues in by_purpose.items():
                values = _values(some_queues, state="queued", reason=MIGRATED, release=release, at=at)
                values |= {"release": release, "purpose": purpose.value, "rank": RANKS[purpose]}
                answers = "(SELECT s.reply_from IS NOT NULL FROM sends s WHERE s.id = m.send)"
                moved += _change(
                    conn,
                    f"""release = :release, purpose = iif({answers}, purpose, :purpose),
                        rank = iif({answers}, rank, :rank)""",
                    values,
                )
        return moved

    def cancel_waiting(self, queues: Collection[Queue], *, release: str, at: datetime) -> int:
        """Cancels the waiting messages of these templates, in one transaction; gives how many."""
        values = _values(queues, state="cancelled", reason=CANCELLED, release=release, at=at)
        with self._file.write() as conn:
            return _change(conn, "reason = :reason, waits_for = NULL", values)


def _values(queues: Iterable[Queue], *, state: str, reason: str, release: str, at: datetime) -> dict[str, Any]:
    return {
        "queues": some((queue.workspace, queue.template) for queue in queues),
        "at": to_micros(at),
        "state": state,
        "reason": reason,
        "detail": dumps({"release": release}),
    }


def _change(conn: sqlite3.Connection, assignments: str, values: Mapping[str, Any]) -> int:
    """Changes all of them by two statements: memory does not grow with the queue."""
    conn.execute(_KEEP_HISTORY, values)
    return conn.execute(
        f"""UPDATE messages AS m SET state = :state, updated_at = :at, owner = NULL, lease_until = NULL,
            changes = changes + 1, {assignments} WHERE {_AMONG}""",
        values,
    ).rowcount
