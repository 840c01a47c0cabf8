"""Workers: who runs the send loop on this state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from engine.errors import StateUnavailable
from engine.outbox import Worker
from engine.state.codec import to_micros, to_moment
from engine.state.room import Room

FORGET_AFTER = timedelta(days=1)


class Workers(Room):
    """The part of the store that knows its workers."""

    def heartbeat(self, worker: Worker, *, alive_within: timedelta) -> None:
        """Announces a worker. Raises StateUnavailable where another machine's is alive: a file serves one machine."""
        with self._file.write() as conn:
            other = conn.execute(
                "SELECT host, pid, heartbeat_at FROM workers WHERE host <> ? AND heartbeat_at > ? LIMIT 1",
                (worker.host, to_micros(worker.heartbeat_at - alive_within)),
            ).fetchone()
            if other is not None:
                host, pid, heartbeat_at = other
                raise StateUnavailable(
                    f"another machine works on this state: {host} (process {pid}), last seen {to_moment(heartbeat_at)}",
                    hint="a SQLite state serves one machine: stop the worker there, or wait until it counts as gone",
                )
            conn.execute(
                """INSERT INTO workers (owner, host, pid, started_at, heartbeat_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (owner) DO UPDATE SET heartbeat_at = excluded.heartbeat_at""",
                (
                    worker.owner,
                    worker.host,
                    worker.pid,
                    to_micros(worker.started_at),
                    to_micros(worker.heartbeat_at),
                ),
            )
            conn.execute("DELETE FROM workers WHERE heartbeat_at < ?", (to_micros(worker.heartbeat_at - FORGET_AFTER),))

    def retire(self, owner: str) -> None:
        """Forgets a worker and gives its claims back; what it had on the wire becomes doubt when its lease runs out."""
        with self._file.write() as conn:
            conn.execute("DELETE FROM workers WHERE owner = ?", (owner,))
            conn.execute(
                """UPDATE messages INDEXED BY messages_leased
                SET state = iif(attempt = 0, 'queued', 'retry_wait'), owner = NULL, lease_until = NULL
                WHERE state IN ('claimed', 'sending') AND state = 'claimed' AND owner = ?""",
                (owner,),
            )

    def workers(self) -> Sequence[Worker]:
        """Gives the workers that were seen within a day, by name."""
        rows = self._file.rows("SELECT owner, host, pid, started_at, heartbeat_at FROM workers ORDER BY owner")
        return [
            Worker(owner, host, pid, to_moment(started_at), to_moment(heartbeat_at))
            for owner, host, pid, started_at, heartbeat_at in rows
        ]
