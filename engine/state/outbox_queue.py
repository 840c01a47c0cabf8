"""Queueing: one call of `send` becomes its messages, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from engine.errors import UsageError
from engine.outbox import Queued, Send
from engine.state.codec import digest, dumps, to_micros
from engine.state.room import Room, insert, some
from engine.state.rows import RANKS

MOST_IDS = 100

_COLUMNS = "(send, family, keyed, workspace, person, number, lane, rank, state, due_at)"


class Queueing(Room):
    """The part of the store that queues."""

    def queue(
        self, send: Send, *, persons: Sequence[str] = (), numbers: Sequence[str] = (), everyone: bool = False
    ) -> Queued:
        """Queues a message for each recipient, all or none. Raises UsageError for a person who is not there, and
        where the key was used with another template or other data."""
        with self._file.write() as conn:
            if persons:
                _must_know(conn, send.workspace, persons)
            return self._queue(
                conn,
                send,
                persons=[] if everyone else list(dict.fromkeys(persons)),
                numbers=list(dict.fromkeys(numbers)),
                everyone=everyone,
            )

    def _queue_each(self, conn: sqlite3.Connection, sends: Sequence[tuple[Send, str, str | None]]) -> range:
        """Queues a message for each send, which has no key: to a number, for a person where one is given. Gives their
        rows."""
        last = dict(
            conn.execute("SELECT name, seq FROM sqlite_sequence WHERE name IN ('sends', 'messages')").fetchall()
        )
        first_send, first = last.get("sends", 0) + 1, last.get("messages", 0) + 1
        lanes: dict[str, int] = {}
        for send, _, _ in sends:
            if send.lane not in lanes:
                lanes[send.lane] = lane_id(conn, send.lane)
        insert(
            conn,
            f"sends (id, {_SEND_COLUMNS})",
            [(row, *_send_row(send, None)) for row, (send, _, _) in enumerate(sends, first_send)],
        )
        insert(
            conn,
            "messages (seq, send, family, keyed, workspace, person, number, lane, rank, state, due_at)",
            [
                (
                    *(first + place, first_send + place, first_send + place, 0, send.workspace, person, number),
                    *(lanes[send.lane], RANKS[send.purpose], "queued", to_micros(send.due_at)),
                )
                for place, (send, number, person) in enumerate(sends)
            ],
        )
        return range(first, first + len(sends))

    def _queue(
        self, conn: sqlite3.Connection, send: Send, *, persons: list[str], numbers: list[str], everyone: bool
    ) -> Queued:
        family = _family(conn, send)
        last = conn.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages'").fetchone()[0]
        send_id = _add_send(conn, send, family)
        values = {
            "send": send_id,
            "family": send_id if family is None else family,
            "keyed": int(send.key is not None),
            "workspace": send.workspace,
            "lane": lane_id(conn, send.lane),
            "rank": RANKS[send.purpose],
            "due_at": to_micros(send.due_at),
            "persons": some(persons),
            "numbers": some(numbers),
            "last": last,
        }
        unless_there = family is not None
        queued = 0
        if everyone:
            queued += conn.execute(_EVERYONE[unless_there], values).rowcount
        if persons:
            queued += conn.execute(_PERSONS[unless_there], values).rowcount
        if numbers:
            queued += conn.execute(_NUMBERS[unless_there], values).rowcount
        # Row numbers never repeat and a write transaction has no rival, so its rows follow the last one without a gap.
        ids = [self._ids.encode(seq) for seq in range(last + 1, last + 1 + min(queued, MOST_IDS))]
        if family is None:
            return Queued(queued, 0, tuple(ids))
        if not queued:
            conn.execute("DELETE FROM sends WHERE id = ?", (send_id,))
        there = _EXISTING[everyone]
        existing = conn.execute("SELECT count(*)" + there, values).fetchone()[0]
        values["most"] = MOST_IDS - len(ids)
        rows = conn.execute("SELECT m.seq" + there + " ORDER BY m.seq LIMIT :most", values)
        ids += [self._ids.encode(seq) for (seq,) in rows]
        return Queued(queued, existing, tuple(ids))


def lane_id(conn: sqlite3.Connection, name: str) -> int:
    """Gives the number of a lane, adding it if it is new."""
    found = conn.execute("SELECT id FROM lanes WHERE name = ?", (name,)).fetchone()
    if found is None:
        return int(conn.execute("INSERT INTO lanes (name) VALUES (?)", (name,)).lastrowid or 0)
    return int(found[0])


def _must_know(conn: sqlite3.Connection, workspace: str, persons: Sequence[str]) -> None:
    rows = conn.execute(
        """SELECT j.value FROM json_each(?) j LEFT JOIN people p ON p.workspace = ? AND p.id = j.value
        WHERE p.id IS NULL ORDER BY j.key LIMIT 1""",
        (some(persons), workspace),
    ).fetchall()
    if rows:
        raise UsageError(
            f"there is no person {rows[0][0]!r} in the workspace {workspace!r}",
            hint=f"`engine people list --workspace {workspace}` shows who is there",
        )


def _family(conn: sqlite3.Connection, send: Send) -> int | None:
    """Gives the first send under the same key, None where there is none or no key."""
    if send.key is None:
        return None
    found = conn.execute(
        "SELECT id, template, digest FROM sends WHERE workspace = ? AND key = ?", (send.workspace, send.key)
    ).fetchone()
    if found is None:
        return None
    family, template, mark = found
    if mark != digest(send.template, send.data):
        other = f"the template {template!r}" if template != send.template else "other data"
        raise UsageError(
            f"the key {send.key!r} was used before, with {other}",
            hint="a key stands for one send: choose another key, or repeat the call as it was",
        )
    return int(family)


def _add_send(conn: sqlite3.Connection, send: Send, family: int | None) -> int:
    added = conn.execute(
        f"INSERT INTO sends ({_SEND_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _send_row(send, family)
    )
    return int(added.lastrowid or 0)


_SEND_COLUMNS = "workspace, template, release, purpose, data, event, reply_from, created_at, digest, key, local_at"


def _send_row(send: Send, family: int | None) -> tuple[object, ...]:
    return (
        send.workspace,
        send.template,
        send.release,
        send.purpose.value,
        dumps(send.data) if send.data else "{}",
        dumps(send.event) if send.event else "{}",
        send.reply_from,
        to_micros(send.created_at),
        digest(send.template, send.data) if send.key is not None else "",
        send.key if family is None else None,
        send.local_at,
    )


_INSERT = "INSERT INTO messages (send, family, keyed, workspace, person, number, lane, rank, state, due_at) "
_EVERYONE_SELECT = """SELECT :send, :family, :keyed, :workspace, p.id, NULL, :lane, :rank, 'queued', :due_at
    FROM people p WHERE p.workspace = :workspace"""
_PERSONS_SELECT = """SELECT :send, :family, :keyed, :workspace, p.value, NULL, :lane, :rank, 'queued', :due_at
    FROM json_each(:persons) p WHERE true"""
_NUMBERS_SELECT = """SELECT :send, :family, :keyed, :workspace, NULL, n.value, :lane, :rank, 'queued', :due_at
    FROM json_each(:numbers) n WHERE true"""
_NO_PERSON = " AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.keyed = 1 AND m.family = :family AND m.person = "
_NO_NUMBER = """ AND NOT EXISTS (SELECT 1 FROM messages m
    WHERE m.keyed = 1 AND m.person IS NULL AND m.family = :family AND m.number = n.value)"""

# By whether the key was used before: who has a message under it is then left out.
_EVERYONE = {
    False: f"{_INSERT}{_EVERYONE_SELECT} ORDER BY p.id",
    True: f"{_INSERT}{_EVERYONE_SELECT}{_NO_PERSON}p.id) ORDER BY p.id",
}
_PERSONS = {
    False: f"{_INSERT}{_PERSONS_SELECT} ORDER BY p.key",
    True: f"{_INSERT}{_PERSONS_SELECT}{_NO_PERSON}p.value) ORDER BY p.key",
}
_NUMBERS = {
    False: f"{_INSERT}{_NUMBERS_SELECT} ORDER BY n.key",
    True: f"{_INSERT}{_NUMBERS_SELECT}{_NO_NUMBER} ORDER BY n.key",
}

# By whether everyone was meant: the recipients' messages from before this call.
_AMONG_NUMBERS = "m.person IS NULL AND m.number IN (SELECT value FROM json_each(:numbers))"
_EXISTING = {
    False: f""" FROM messages m WHERE m.keyed = 1 AND m.family = :family AND m.seq <= :last
        AND (m.person IN (SELECT value FROM json_each(:persons)) OR ({_AMONG_NUMBERS}))""",
    True: f""" FROM messages m WHERE m.keyed = 1 AND m.family = :family AND m.seq <= :last
        AND (m.person IS NOT NULL OR ({_AMONG_NUMBERS}))""",
}
