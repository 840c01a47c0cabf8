"""Pauses and breakers: what holds back whole scopes of messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from engine.state.codec import to_micros, to_moment, to_optional_moment
from engine.state.room import Room, some
from engine.stops import Breaker, Pause

_PAUSE = "scope, paused, by, why, at"
_BREAKER = "scope, code, message, opened_at, until, failures, tried_until"


class Stopping(Room):
    """The part of the store that holds messages back and lets them go."""

    def pause(self, scope: str, *, by: str, why: str, at: datetime) -> None:
        """Pauses a scope: once it returns, no message of it is committed."""
        with self._file.write() as conn:
            entry = _enter(conn, Pause(scope, True, by, why, at))
            conn.execute(
                "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (scope) DO UPDATE SET entry = excluded.entry",
                (scope, entry),
            )

    def resume(self, scope: str, *, by: str, why: str, at: datetime) -> bool:
        """Ends the pause and the breaker of a scope, and makes due what waited for them. False where it had neither."""
        with self._file.write() as conn:
            paused = conn.execute("DELETE FROM pauses WHERE scope = ?", (scope,)).rowcount
            broken = conn.execute("DELETE FROM breakers WHERE scope = ?", (scope,)).rowcount
            if not paused and not broken:
                return False
            _enter(conn, Pause(scope, False, by, why, at))
            _let_go(conn, scope, at)
            return True

    def pauses(self) -> Sequence[Pause]:
        """Gives the pauses in force, by scope."""
        rows = self._file.rows(
            "SELECT l.scope, l.paused, l.by, l.why, l.at FROM pauses p JOIN pause_ledger l USING (entry) ORDER BY 1"
        )
        return [_pause(*row) for row in rows]

    def pause_history(self) -> Sequence[Pause]:
        """Gives the whole ledger of pauses, oldest first."""
        return [_pause(*row) for row in self._file.rows(f"SELECT {_PAUSE} FROM pause_ledger ORDER BY entry")]

    def open_breaker(
        self, scope: str, *, code: str, message: str, at: datetime, rest: timedelta, longest: timedelta
    ) -> Breaker:
        """Opens a breaker, or opens a half-open one again for twice its last rest. Gives the breaker in force."""
        now = to_micros(at)
        with self._file.write() as conn:
            found = conn.execute("SELECT until, rest FROM breakers WHERE scope = ?", (scope,)).fetchone()
            if found is None or found[0] <= now:
                seconds = rest if found is None else min(timedelta(microseconds=2 * found[1]), longest)
                conn.execute(
                    """INSERT INTO breakers VALUES (?, ?, ?, ?, ?, ?, 1, NULL) ON CONFLICT (scope) DO UPDATE SET
                        code = excluded.code, message = excluded.message, until = excluded.until, rest = excluded.rest,
                        failures = failures + 1, tried_until = NULL""",
                    (scope, code, message, now, to_micros(at + seconds), seconds // timedelta(microseconds=1)),
                )
            return _breaker(*conn.execute(f"SELECT {_BREAKER} FROM breakers WHERE scope = ?", (scope,)).fetchone())

    def try_breaker(self, scope: str, *, at: datetime, until: datetime) -> bool:
        """Takes the right to try one message through a half-open breaker."""
        with self._file.write() as conn:
            taken = conn.execute(
                """UPDATE breakers SET tried_until = ?1 WHERE scope = ?2 AND until <= ?3
                AND (tried_until IS NULL OR tried_until <= ?3)""",
                (to_micros(until), scope, to_micros(at)),
            )
            return taken.rowcount == 1

    def end_try(self, scope: str) -> None:
        """Gives the right back."""
        with self._file.write() as conn:
            conn.execute("UPDATE breakers SET tried_until = NULL WHERE scope = ?", (scope,))

    def half_open_breaker(self, scope: str, *, at: datetime) -> None:
        """Ends the rest of a breaker, if it has one, and makes due what waited for it."""
        with self._file.write() as conn:
            ended = conn.execute(
                "UPDATE breakers SET until = ?1, tried_until = NULL WHERE scope = ?2 AND until > ?1",
                (to_micros(at), scope),
            )
            if ended.rowcount:
                _let_go(conn, scope, at)

    def close_breaker(self, scope: str, *, at: datetime) -> bool:
        """Closes a breaker and makes due what waited for it. False where none was open."""
        with self._file.write() as conn:
            closed = conn.execute("DELETE FROM breakers WHERE scope = ?", (scope,)).rowcount
            if closed:
                _let_go(conn, scope, at)
            return bool(closed)

    def breakers(self) -> Sequence[Breaker]:
        """Gives the breakers that are open or half open, by scope."""
        return [_breaker(*row) for row in self._file.rows(f"SELECT {_BREAKER} FROM breakers ORDER BY scope")]

    def lanes_retrying(self) -> Sequence[str]:
        """Gives the lanes with a message in retry_wait that waits for a time of its own."""
        rows = self._file.rows(
            """SELECT l.name FROM lanes l WHERE EXISTS (SELECT 1 FROM messages m INDEXED BY messages_state
            WHERE m.state = 'retry_wait' AND m.lane = l.id AND m.waits_for IS NULL) ORDER BY l.name"""
        )
        return [name for (name,) in rows]


def paused_now(conn: sqlite3.Connection) -> dict[str, Pause]:
    """Gives the pauses in force inside a transaction: there are few, or none."""
    rows = conn.execute(
        "SELECT l.scope, l.paused, l.by, l.why, l.at FROM pauses p JOIN pause_ledger l USING (entry)"
    ).fetchall()
    return {row[0]: _pause(*row) for row in rows}


def in_force(conn: sqlite3.Connection, scopes: Collection[str]) -> set[str]:
    """Gives which of the scopes are paused or rest at this moment."""
    rows = conn.execute(
        """SELECT scope FROM pauses WHERE scope IN (SELECT value FROM json_each(?1))
        UNION SELECT scope FROM breakers WHERE scope IN (SELECT value FROM json_each(?1))""",
        (some(scopes),),
    )
    return {scope for (scope,) in rows}


def why_paused(pause: Pause) -> str:
    """Gives the reason that a message of a paused scope waits for."""
    return f"paused: {pause.scope} by {pause.by}: {pause.why}"


def count_codes(conn: sqlite3.Connection, met: Iterable[tuple[str, str, str, int]]) -> None:
    """Counts provider's codes that were met: (workspace, code, kind, at)."""
    conn.executemany(
        """INSERT INTO code_counts VALUES (?, ?, ?, 1, ?) ON CONFLICT (workspace, code, kind)
        DO UPDATE SET count = count + 1, last_at = max(last_at, excluded.last_at)""",
        met,
    )


def _enter(conn: sqlite3.Connection, pause: Pause) -> int:
    added = conn.execute(
        f"INSERT INTO pause_ledger ({_PAUSE}) VALUES (?, ?, ?, ?, ?)",
        (pause.scope, int(pause.paused), pause.by, pause.why, to_micros(pause.at)),
    )
    return int(added.lastrowid or 0)


def _let_go(conn: sqlite3.Connection, scope: str, at: datetime) -> None:
    """Makes due what waited for a scope; only what still waits, since a claim leaves the mark as it was."""
    conn.execute(
        """UPDATE messages SET due_at = min(due_at, ?), waits_for = NULL
        WHERE waits_for = ? AND state IN ('queued', 'retry_wait')""",
        (to_micros(at), scope),
    )


def _pause(scope: str, paused: int, by: str, why: str, at: int) -> Pause:
    return Pause(scope, bool(paused), by, why, to_moment(at))


def _breaker(
    scope: str, code: str, message: str, opened_at: int, until: int, failures: int, tried_until: int | None
) -> Breaker:
    return Breaker(
        scope, code, message, to_moment(opened_at), to_moment(until), failures, to_optional_moment(tried_until)
    )
