"""Clicks on short links: kept, marked by time, and taken apart from who is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.clicks import AT_ONCE, BY_TIME, BotReason, Click, RecordedClick
from engine.state.codec import MICROSECOND, to_micros, to_moment, to_optional_moment
from engine.state.room import Room, some

SECOND = 1_000_000
DAY = 86_400 * SECOND
_AT_ONCE = AT_ONCE // MICROSECOND

_COLUMNS = "message, position, at, times, agent, reasons, workspace, template"

# A message's last change is known at once; only where that is no older, its history is looked through.
_INSERT = f"""INSERT INTO clicks ({_COLUMNS})
    SELECT l.message, l.position, j.value ->> 1, j.value ->> 2, j.value ->> 3,
        CASE WHEN m.updated_at > j.value ->> 1 - {_AT_ONCE} AND EXISTS (
            SELECT 1 FROM history h WHERE h.message = l.message AND h.at > j.value ->> 1 - {_AT_ONCE}
                AND h.at <= j.value ->> 1 AND h.state IN ('sending', 'accepted', 'sent', 'delivered')
        ) THEN trim(j.value ->> 4 || ' {BotReason.SOON}') ELSE j.value ->> 4 END,
        m.workspace, s.template
    FROM json_each(?) j CROSS JOIN links l ON l.short = j.value ->> 0
    JOIN messages m ON m.seq = l.message JOIN sends s ON s.id = m.send WHERE l.url != ''"""

_SELECT = """SELECT c.message, c.workspace, c.template, m.person, c.position, l.url, c.at, c.times, c.agent, c.reasons
    FROM clicks c JOIN links l ON l.message = c.message AND l.position = c.position
    JOIN messages m ON m.seq = c.message"""


class Clicking(Room):
    """The part of the store that keeps clicks."""

    def leads_to(self, shorts: Sequence[str]) -> Mapping[str, tuple[str, datetime | None]]:
        """Gives where those of the short addresses lead that there are, and until when."""
        rows = self._file.rows(
            "SELECT l.short, l.url, l.expires_at FROM json_each(?) j CROSS JOIN links l ON l.short = j.value",
            (some(shorts),),
        )
        return {short: (url, to_optional_moment(at)) for short, url, at in rows}

    def record_clicks(self, clicks: Sequence[Click], *, told: bool = True) -> Sequence[RecordedClick]:
        """Keeps clicks, with the reasons that time gives. Gives those on links that there are, in order of time;
        equal ones within a second as one."""
        rows = some(_merged(clicks))
        with self._file.write() as conn:
            last = _last_id(conn)
            conn.execute(_INSERT, (rows,))
            _mark_several(conn, last)
            # All of them are new, and so in the order in which they were inserted.
            new = f"{_SELECT} WHERE c.id > ? ORDER BY c.id"
            kept = conn.execute(new, (last,)).fetchall() if told else ()
        return [self._recorded(row) for row in kept]

    def clicks(self, message_id: str) -> Sequence[RecordedClick]:
        """Gives the clicks on a message's links, oldest first."""
        rows = self._file.rows(f"{_SELECT} WHERE c.message = ? ORDER BY c.at, c.id", (self._ids.decode(message_id),))
        return [self._recorded(row) for row in rows]

    def _recorded(self, row: Sequence[Any]) -> RecordedClick:
        message, workspace, template, person, position, url, at, times, agent, reasons = row
        return RecordedClick(
            self._ids.encode(message),
            workspace,
            template,
            person,
            position,
            url,
            to_moment(at),
            times,
            agent,
            tuple(map(BotReason, reasons.split())) if reasons else (),
        )


def part_clicks(conn: sqlite3.Connection, messages: str) -> None:
    """Takes the clicks on erased messages (JSON) apart from them: they still count for their template, under a mark
    that leads to no message, on a day instead of at a time."""
    found = conn.execute(
        f"SELECT {_COLUMNS} FROM clicks WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, id",
        (messages,),
    ).fetchall()
    # Rows of their own, not changed ones: beside its old neighbours, a row would tell when it was made.
    conn.execute("DELETE FROM clicks WHERE message IN (SELECT value FROM json_each(?))", (messages,))
    mark, marked = 0, None
    for new_id, (message, position, at, times, _, reasons, workspace, template) in enumerate(found, _last_id(conn) + 1):
        if message != marked:
            mark, marked = new_id, message
        conn.execute(
            f"INSERT INTO clicks (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)",
            (new_id, -mark, position, at - at % DAY, times, reasons, workspace, template),
        )


def _last_id(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT coalesce(max(id), 0) FROM clicks").fetchone()[0])


def _merged(clicks: Sequence[Click]) -> list[list[Any]]:
    """Gives short address, time, how often, agent and reasons, in order of time."""
    found: dict[tuple[str, int, str, tuple[BotReason, ...]], list[Any]] = {}
    for click in sorted(clicks, key=lambda click: click.at):
        at = to_micros(click.at)
        key = (click.short, at // SECOND, click.agent, click.reasons)
        if key in found:
            found[key][2] += 1
        else:
            found[key] = [click.short, at, 1, click.agent, " ".join(click.reasons)]
    return list(found.values())


def _mark_several(conn: sqlite3.Connection, last: int) -> None:
    """Marks those of the new clicks, and of the ones before, that were on different links of one message at once.

    A click that the request itself betrays marks no other: a preview of one link says nothing of who taps another.
    """
    nearby = conn.execute(
        f"""SELECT DISTINCT o.id, o.message, o.position, o.at, o.reasons FROM clicks c
        CROSS JOIN clicks o ON o.message = c.message AND o.at BETWEEN c.at - {_AT_ONCE} AND c.at + {_AT_ONCE}
        WHERE c.id > ? AND EXISTS (SELECT 1 FROM links l WHERE l.message = c.message AND l.position > 0)""",
        (last,),
    ).fetchall()
    of_message: dict[int, list[tuple[int, int, int, str]]] = {}
    for click_id, message, position, at, reasons in nearby:
        if BY_TIME.issuperset(reasons.split()):
            of_message.setdefault(message, []).append((click_id, position, at, reasons))
    marked = [
        (f"{reasons} {BotReason.SEVERAL}".strip(), click_id)
        for plain in of_message.values()
        for click_id, position, at, reasons in plain
        if BotReason.SEVERAL not in reasons.split()
        and any(other != position and abs(then - at) < _AT_ONCE for _, other, then, _ in plain)
    ]
    conn.executemany("UPDATE clicks SET reasons = ? WHERE id = ?", marked)
