"""What the send loop asks for: what is due, and messages to work on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.outbox import Claim, Link
from engine.state.codec import to_micros, to_optional_moment
from engine.state.erase import hold_erased
from engine.state.room import Room, some
from engine.state.rows import CLAIM_COLUMNS, CLAIM_JOINS, RANKS
from engine.stops import WHENEVER
from engine.types import Purpose

_CLAIMABLE = "messages m INDEXED BY messages_claimable WHERE m.state IN ('queued', 'retry_wait')"


class Claiming(Room):
    """The part of the store that hands out messages."""

    def due_lanes(self, now: datetime) -> Sequence[str]:
        """Gives the lanes that have messages due, most urgent purpose first, then the one that waits longest."""
        rows = self._file.rows(
            f"""SELECT l.name, r.value AS rank, (SELECT min(m.due_at) FROM {_CLAIMABLE}
                AND m.lane = l.id AND m.rank = r.value) AS first
            FROM lanes l CROSS JOIN json_each(?) r WHERE first <= ? ORDER BY rank, first, l.id""",
            (some(RANKS.values()), to_micros(now)),
        )
        return tuple(dict.fromkeys(name for name, _, _ in rows))

    def next_due(self, now: datetime) -> datetime | None:
        """Gives when the next message (queued, retry_wait or in_doubt) falls due after `now`, None where none will."""
        after = to_micros(now)
        (first,) = self._file.row(
            f"""SELECT min(first) FROM (
                SELECT (SELECT min(m.due_at) FROM {_CLAIMABLE} AND m.lane = l.id AND m.rank = r.value AND m.due_at > ?
                    AND m.due_at < ?)
                    AS first FROM lanes l CROSS JOIN json_each(?) r
                UNION ALL SELECT min(due_at) FROM messages WHERE state = 'in_doubt' AND due_at > ?)""",
            (after, to_micros(WHENEVER), some(RANKS.values()), after),
        )
        return to_optional_moment(first)

    def claim(
        self, *, owner: str, now: datetime, lease: timedelta, lane: str, limit: int, spare: int = 0
    ) -> Sequence[Claim]:
        """Takes up to `limit` due messages of a lane: replies, then transactional, then marketing, oldest first. Up to
        `spare` of them are the oldest that are no replies, however many urgent ones wait."""
        seqs: list[int] = []
        found = f"SELECT m.due_at, m.seq FROM {_CLAIMABLE} AND m.lane = :lane AND m.rank = %d AND m.due_at <= :now"
        oldest = f"SELECT * FROM ({found} ORDER BY m.due_at, m.seq LIMIT :most)"
        queries = [oldest % rank for rank in RANKS.values()]
        patient = " UNION ALL ".join(oldest % rank for purpose, rank in RANKS.items() if purpose is not Purpose.REPLY)
        with self._file.write(durable=False) as conn:
            values = {"owner": owner, "until": to_micros(now + lease), "now": to_micros(now)}
            row = conn.execute("SELECT id FROM lanes WHERE name = ?", (lane,)).fetchone()
            if row is None:
                return []
            turns = [(query, limit) for query in queries]
            if spare:
                turns.insert(0, (f"SELECT * FROM ({patient}) ORDER BY due_at, seq LIMIT :most", min(spare, limit)))
            for query, most in turns:
                if len(seqs) >= limit:
                    break
                taken = conn.execute(
                    f"""UPDATE messages SET state = 'claimed', owner = :owner, lease_until = :until
                    WHERE seq IN (SELECT seq FROM ({query})) RETURNING due_at, seq""",
                    {**values, "lane": row[0], "most": min(most, limit - len(seqs))},
                )
                seqs += [seq for _, seq in sorted(taken.fetchall())]
            return self._claims(conn, seqs)

    def renew(self, *, owner: str, ids: Sequence[str], until: datetime) -> None:
        """Extends the leases of claimed messages that wait for their lane."""
        with self._file.write(durable=False) as conn:
            conn.execute(
                """UPDATE messages SET lease_until = ?
                WHERE seq IN (SELECT value FROM json_each(?)) AND state = 'claimed' AND owner = ?""",
                (to_micros(until), some(self._seqs(ids)), owner),
            )

    def due_doubts(self, *, owner: str, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim]:
        """Gives messages in doubt whose look-up is due, and moves their due time behind the lease."""
        query = """SELECT seq FROM messages INDEXED BY messages_doubtful WHERE state = 'in_doubt' AND due_at <= ?
            ORDER BY due_at, seq LIMIT ?"""
        if self._file.row(query, (to_micros(now), 1)) is None:
            return []
        with self._file.write() as conn:
            due = conn.execute(query, (to_micros(now), limit)).fetchall()
            erased = hold_erased(conn, [seq for (seq,) in due], to_micros(now))
            seqs = [seq for (seq,) in due if seq not in erased]
            claims = self._claims(conn, seqs)
            conn.execute(
                "UPDATE messages SET owner = ?, due_at = ? WHERE seq IN (SELECT value FROM json_each(?))",
                (owner, to_micros(now + lease), some(seqs)),
            )
            return claims

    def claim_view(self, message_id: str) -> Claim | None:
        """Gives a message with all that its pipeline would know, without taking it."""
        seq = self._ids.decode(message_id)
        if seq is None:
            return None
        with self._file.read() as conn:
            claims = self._claims(conn, [seq])
        return claims[0] if claims else None

    def _claims(self, conn: sqlite3.Connection, seqs: Sequence[int]) -> list[Claim]:
        rows = conn.execute(
            f"""SELECT {CLAIM_COLUMNS} FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value {CLAIM_JOINS}
            ORDER BY j.key""",
            (json.dumps(seqs),),
        ).fetchall()
        again = [row[0] for row in rows if row[7]]
        links = self._links_of(conn, again) if again else {}
        reader = self._reader()
        return [reader.claim(row, links.get(row[0], ())) for row in rows]

    def _links_of(self, conn: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, list[Link]]:
        found: dict[int, list[Link]] = {}
        rows = conn.execute(
            """SELECT message, short, url, position, expires_at FROM links
            WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, position""",
            (some(seqs),),
        )
        for message, short, url, position, expires_at in rows:
            found.setdefault(message, []).append(Link(short, url, position, to_optional_moment(expires_at)))
        return found
