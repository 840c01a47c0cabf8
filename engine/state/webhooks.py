"""Calls of webhooks: a queue of its own, with leases."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.state.codec import to_micros, to_moment
from engine.state.room import Room, some
from engine.webhooks import Call, CallChange, CallRecord, CallState, ClaimedCall, GoneWebhook

GONE = "webhook.gone"

_COLUMNS = """c.id, c.workspace, c.webhook, i.provider_id, c.state, c.attempts, c.reason, c.due_at, c.created_at,
    c.updated_at"""
_SOURCE = "webhook_calls c JOIN inbound i ON i.seq = c.text"
_DUE = "state = 'pending' AND due_at <= :now"


class CallingWebhooks(Room):
    """The part of the store that keeps calls of webhooks."""

    def add_calls(self, calls: Sequence[Call]) -> None:
        """Records calls, due at once."""
        with self._file.write() as conn:
            conn.executemany(
                """INSERT INTO webhook_calls (id, workspace, webhook, text, body, state, attempts, due_at, created_at,
                    updated_at) VALUES (?1, ?2, ?3, (SELECT seq FROM inbound WHERE workspace = ?2 AND provider_id = ?4),
                    ?5, 'pending', 0, ?6, ?6, ?6)""",
                [(c.id, c.workspace, c.webhook, c.text, c.body, to_micros(c.at)) for c in calls],
            )

    def claim_calls(
        self,
        *,
        owner: str,
        now: datetime,
        lease: timedelta,
        each: int,
        limit: int,
        busy: Collection[tuple[str, str]] = (),
    ) -> Sequence[ClaimedCall]:
        """Takes calls that are due, oldest first, a few of each webhook."""
        if not self.calls_due(now):
            return ()
        with self._file.write() as conn:
            rows = conn.execute(
                f"""UPDATE webhook_calls SET owner = :owner, lease_until = :until WHERE seq IN (
                    SELECT seq FROM (
                        SELECT seq, row_number() OVER (PARTITION BY workspace, webhook ORDER BY due_at, seq) AS place
                        FROM webhook_calls WHERE {_DUE} AND (lease_until IS NULL OR lease_until <= :now)
                        AND (workspace, webhook) NOT IN (SELECT value ->> 0, value ->> 1 FROM json_each(:busy))
                    ) WHERE place <= :each ORDER BY seq LIMIT :limit
                ) RETURNING seq, id, workspace, webhook, body, attempts""",
                {
                    "owner": owner,
                    "now": to_micros(now),
                    "until": to_micros(now + lease),
                    "each": each,
                    "limit": limit,
                    "busy": some(busy),
                },
            ).fetchall()
        return [ClaimedCall(*row[1:]) for row in sorted(rows)]

    def change_calls(self, changes: Sequence[CallChange]) -> Sequence[bool]:
        """Makes each change whose worker still holds the lease."""
        with self._file.write() as conn:
            return [_change(conn, change) for change in changes]

    def calls_due(self, now: datetime) -> bool:
        """True where a call is due, also one that a worker holds."""
        return self._file.row(f"SELECT 1 FROM webhook_calls WHERE {_DUE} LIMIT 1", {"now": to_micros(now)}) is not None

    def calls(
        self, *, workspace: str | None = None, states: Collection[CallState] = (), newest: int | None = None
    ) -> Iterator[CallRecord]:
        """Streams calls, oldest first."""
        which = """(?1 IS NULL OR c.workspace = ?1)
            AND (json_array_length(?2) = 0 OR c.state IN (SELECT value FROM json_each(?2)))"""
        found = self._paged(_COLUMNS, _SOURCE, "c.seq", which, (workspace, some(states)), newest)
        yield from (_record(row[1:]) for row in found)

    def calls_of(self, texts: Collection[tuple[str, str]]) -> Sequence[CallRecord]:
        """Gives the calls that texts (workspace, provider's id) caused."""
        rows = self._file.rows(
            f"""SELECT {_COLUMNS} FROM json_each(?) j
            CROSS JOIN inbound i ON i.workspace = j.value ->> 0 AND i.provider_id = j.value ->> 1
            JOIN webhook_calls c ON c.text = i.seq ORDER BY c.seq""",
            (some(texts),),
        )
        return [_record(row) for row in rows]

    def count_calls(self) -> Mapping[tuple[str, str], Mapping[CallState, int]]:
        """Gives how many calls of each webhook are pending or failed."""
        found: dict[tuple[str, str], dict[CallState, int]] = {}
        for workspace, webhook, state, count in self._file.rows(
            """SELECT workspace, webhook, state, count(*) FROM webhook_calls WHERE state <> 'delivered'
            GROUP BY workspace, webhook, state"""
        ):
            found.setdefault((workspace, webhook), {})[CallState(state)] = count
        return found

    def retry_calls(
        self, workspace: str, *, webhook: str | None = None, ids: Collection[str] = (), at: datetime
    ) -> int:
        """Makes failed calls pending and due, from their first attempt on. Gives how many."""
        with self._file.write() as conn:
            conn.execute(
                """DELETE FROM webhooks_gone WHERE workspace = ?1 AND (webhook = ?2 OR webhook IN (
                    SELECT c.webhook FROM json_each(?3) j JOIN webhook_calls c ON c.id = j.value))""",
                (workspace, webhook, some(ids)),
            )
            return conn.execute(
                """UPDATE webhook_calls SET state = 'pending', attempts = 0, due_at = ?4, updated_at = ?4, reason = NULL
                WHERE workspace = ?1 AND state = 'failed' AND body IS NOT NULL
                AND (webhook = ?2 OR id IN (SELECT value FROM json_each(?3)))""",
                (workspace, webhook, some(ids), to_micros(at)),
            ).rowcount

    def forget_calls(self, *, before: datetime, limit: int) -> int:
        """Forgets calls that were delivered before a moment, the oldest first."""
        with self._file.write() as conn:
            return conn.execute(
                """DELETE FROM webhook_calls WHERE seq IN (SELECT seq FROM webhook_calls
                    WHERE state = 'delivered' AND updated_at < ? ORDER BY updated_at LIMIT ?)""",
                (to_micros(before), limit),
            ).rowcount

    def webhook_is_gone(self, gone: GoneWebhook) -> None:
        """Keeps that a webhook answered 410, and gives up its pending calls."""
        now = to_micros(gone.at)
        with self._file.write() as conn:
            conn.execute(
                "INSERT INTO webhooks_gone VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET url = ?3, at = ?4",
                (gone.workspace, gone.webhook, gone.url, now),
            )
            conn.execute(
                """UPDATE webhook_calls SET state = 'failed', reason = ?, updated_at = ?, owner = NULL,
                    lease_until = NULL WHERE workspace = ? AND webhook = ? AND state = 'pending'""",
                (GONE, now, gone.workspace, gone.webhook),
            )

    def gone_webhooks(self) -> Sequence[GoneWebhook]:
        """Gives the webhooks that answered 410, by name."""
        rows = self._file.rows("SELECT workspace, webhook, url, at FROM webhooks_gone ORDER BY workspace, webhook")
        return [GoneWebhook(workspace, webhook, url, to_moment(at)) for workspace, webhook, url, at in rows]


def erase_calls(conn: sqlite3.Connection, texts: Sequence[int], reason: str, at: int) -> None:
    """Forgets, inside a transaction, what calls say of texts, given by their rows; those that wait are given up."""
    conn.execute(
        """UPDATE webhook_calls SET body = NULL, owner = NULL, lease_until = NULL, updated_at = ?3,
            reason = iif(state = 'pending', ?2, reason), state = iif(state = 'pending', 'failed', state)
        WHERE text IN (SELECT value FROM json_each(?1))""",
        (some(texts), reason, at),
    )


def _change(conn: sqlite3.Connection, change: CallChange) -> bool:
    return (
        conn.execute(
            """UPDATE webhook_calls SET state = ?1, attempts = attempts + ?2, reason = ?3, updated_at = ?4,
                due_at = coalesce(?5, due_at), owner = NULL, lease_until = NULL,
                body = iif(?1 = 'delivered', NULL, body)
            WHERE id = ?6 AND owner = ?7 AND state = 'pending'""",
            (
                change.state.value,
                int(change.counts),
                change.reason,
                to_micros(change.at),
                None if change.due_at is None else to_micros(change.due_at),
                change.id,
                change.owner,
            ),
        ).rowcount
        == 1
    )


def _record(row: Sequence[Any]) -> CallRecord:
    call_id, workspace, webhook, text, state, attempts, reason, due_at, created_at, updated_at = row
    return CallRecord(
        call_id,
        workspace,
        webhook,
        text,
        CallState(state),
        attempts,
        reason,
        to_moment(due_at),
        to_moment(created_at),
        to_moment(updated_at),
    )
