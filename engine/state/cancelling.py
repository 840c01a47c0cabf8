"""Taking messages back, and repeating one that was not delivered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.state.codec import dumps, to_micros
from engine.state.room import Room, some, write_history
from engine.stops import Cancelled, Which
from engine.types import MessageState

CANCELLED = "cancelled.by-operator"

SLICE = 5_000
"""Messages cancelled in one transaction: a running loop must get its turn in between."""

# Nothing has left: an attempt that may have reached the provider (`went`) cannot be taken back. What is held may have
# gone as well, and a person has judged that.
_MAY = "(m.state IN ('queued', 'claimed', 'retry_wait') AND m.went = 0 OR m.state = 'held')"
_LEFT = "m.state IN ('queued', 'claimed', 'retry_wait', 'sending', 'in_doubt') AND NOT " + _MAY


class Cancelling(Room):
    """The part of the store that takes messages back."""

    def cancel(self, which: Which, *, by: str, at: datetime) -> Cancelled:
        """Cancels what has certainly not gone out or is held, in slices of one transaction each."""
        where, values = self._where(which)
        detail, moment, cancelled = dumps({"by": by}), to_micros(at), 0
        query = f"SELECT m.seq, m.state, m.attempt, m.changes FROM messages m WHERE {where} AND {_MAY} LIMIT {SLICE}"
        while True:
            with self._file.write() as conn:
                rows = conn.execute(query, values).fetchall()
                conn.executemany(
                    """UPDATE messages SET state = 'cancelled', reason = ?, updated_at = ?, owner = NULL,
                        lease_until = NULL, waits_for = NULL, changes = changes + 1 WHERE seq = ?""",
                    [(CANCELLED, moment, row[0]) for row in rows],
                )
                write_history(
                    conn,
                    [
                        (seq, changes + 1, moment, was, MessageState.CANCELLED.value, attempt, CANCELLED, detail)
                        for seq, was, attempt, changes in rows
                    ],
                )
            cancelled += len(rows)
            if len(rows) < SLICE:
                # What this call cancelled is no longer among what it leaves.
                return Cancelled(cancelled, self._left(which, where, values, done={MessageState.CANCELLED}))

    def cancellable(self, which: Which) -> Cancelled:
        """Gives what `cancel` would do now."""
        where, values = self._where(which)
        (count,) = self._file.row(f"SELECT count(*) FROM messages m WHERE {where} AND {_MAY}", values)
        return Cancelled(count, self._left(which, where, values))

    def follow(self, message_id: str, *, at: datetime, due_at: datetime) -> str | None:
        """Queues a new message like one that was not delivered; None where it was followed before or follows one."""
        first = self._ids.decode(message_id)
        with self._file.write() as conn:
            found = conn.execute("SELECT 1 FROM messages WHERE seq = ? AND follows IS NULL", (first,)).fetchone()
            if found is None:
                return None
            # A family of its own: of one family, only one message goes to a number.
            added = conn.execute(
                """INSERT INTO messages (send, family, keyed, workspace, person, number, lane, rank, state, due_at,
                    updated_at, follows, release, purpose)
                SELECT send, -seq, 0, workspace, person, number, lane, rank, 'queued', ?2, ?3, seq, release, purpose
                FROM messages WHERE seq = ?1 ON CONFLICT (follows) WHERE follows IS NOT NULL DO NOTHING""",
                (first, to_micros(due_at), to_micros(at)),
            )
            return self._ids.encode(int(added.lastrowid or 0)) if added.rowcount else None

    def followed(self, message_id: str) -> str | None:
        """Gives the message that this one follows, None where it is a first one."""
        return self._other("SELECT follows FROM messages WHERE seq = ?", message_id)

    def follower(self, message_id: str) -> str | None:
        """Gives the message that follows this one, None where there is none."""
        return self._other("SELECT seq FROM messages WHERE follows = ?", message_id)

    def sent_template(self, workspace: str, template: str) -> bool:
        """True where a message of this template was ever queued."""
        query = "SELECT 1 FROM sends WHERE workspace = ? AND template = ? LIMIT 1"
        return self._file.row(query, (workspace, template)) is not None

    def _other(self, query: str, message_id: str) -> str | None:
        row = self._file.row(query, (self._ids.decode(message_id),))
        return None if row is None or row[0] is None else self._ids.encode(row[0])

    def _where(self, which: Which) -> tuple[str, dict[str, Any]]:
        if which.ids:
            seqs = [seq for seq in self._seqs(which.ids) if seq is not None]
            return "m.seq IN (SELECT value FROM json_each(:seqs))", {"seqs": some(seqs)}
        where = ["m.workspace = :workspace"]
        if which.template is not None:
            where.append("m.send IN (SELECT id FROM sends WHERE workspace = :workspace AND template = :template)")
        if which.key is not None:
            where.append(
                """coalesce((SELECT f.family FROM messages f WHERE f.seq = m.follows), m.family)
                IN (SELECT id FROM sends WHERE workspace = :workspace AND key = :key)"""
            )
        values = {"workspace": which.workspace, "template": which.template, "key": which.key}
        return " AND ".join(where), values

    def _left(
        self, which: Which, where: str, values: dict[str, Any], *, done: Iterable[MessageState] = ()
    ) -> dict[MessageState, int]:
        """Counts what was meant and stays. Of messages that were named each counts, of many only what may go out."""
        stays = f"NOT {_MAY}" if which.ids else _LEFT
        rows = self._file.rows(f"SELECT m.state, count(*) FROM messages m WHERE {where} AND {stays} GROUP BY 1", values)
        left = {MessageState(state): count for state, count in rows}
        return {state: count for state, count in left.items() if state not in done}
