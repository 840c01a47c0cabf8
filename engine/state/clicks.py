"""Clicks on short links: kept, marked by time, and taken apart from who is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.clicks import AT_ONCE, BY_TIME, BotReason, Click, RecordedClick
from engine.state.codec import MICROSECOND, to_micros, to_moment
from engine.state.room import Room, some

SECOND = 1_000_000
DAY = 86_400 * SECOND
_AT_ONCE = AT_ONCE // MICROSECOND
_OUT_AND_IN = ("sending", "accepted", "sent", "delivered")
"""The states that say how far a message was: nobody answers one of them within `AT_ONCE`."""

_COLUMNS = "message, position, at, times, agent, reasons, workspace, template"


@dataclass(slots=True)
class _Row:
    """A click on its way into the table."""

    id: int
    message: int
    position: int
    at: int
    agent: str
    reasons: str
    link: Sequence[Any]  # message, position, url, workspace, template, person, how many links the message has
    times: int = 0


class Clicking(Room):
    """The part of the store that keeps clicks."""

    def record_clicks(self, clicks: Sequence[Click]) -> Sequence[RecordedClick]:
        """Keeps clicks, with the reasons that time gives. Gives those on links that there are, in order of time;
        equal ones within a second as one."""
        with self._file.write() as conn:
            rows = _rows(conn, clicks)
            conn.executemany(
                f"INSERT INTO clicks (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (row.id, row.message, row.position, row.at, row.times, row.agent, row.reasons, *row.link[3:5])
                    for row in rows
                ],
            )
            _mark_several(conn, rows)
        return [self._recorded((*row.link[:6], row.at, row.times, row.agent, row.reasons)) for row in rows]

    def clicks(self, message_id: str) -> Sequence[RecordedClick]:
        """Gives the clicks on a message's links, oldest first."""
        rows = self._file.rows(
            """SELECT c.message, c.position, l.url, c.workspace, c.template, m.person, c.at, c.times, c.agent, c.reasons
            FROM clicks c JOIN links l ON l.message = c.message AND l.position = c.position
            JOIN messages m ON m.seq = c.message WHERE c.message = ? ORDER BY c.at, c.id""",
            (self._ids.decode(message_id),),
        )
        return [self._recorded(row) for row in rows]

    def _recorded(self, row: Sequence[Any]) -> RecordedClick:
        message, position, url, workspace, template, person, at, times, agent, reasons = row
        return RecordedClick(
            message_id=self._ids.encode(message),
            workspace=workspace,
            template=template,
            person=person,
            position=position,
            url=url,
            at=to_moment(at),
            times=times,
            agent=agent,
            reasons=tuple(map(BotReason, reasons.split())),
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
    mark, marked = next_id(conn), None
    for new_id, (message, position, at, times, _, reasons, workspace, template) in enumerate(found, mark):
        if message != marked:
            mark, marked = new_id, message
        conn.execute(
            f"INSERT INTO clicks (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?)",
            (new_id, -mark, position, at - at % DAY, times, reasons, workspace, template),
        )


def next_id(conn: sqlite3.Connection) -> int:
    """Gives the id of the next row."""
    return int(conn.execute("SELECT coalesce(max(id), 0) + 1 FROM clicks").fetchone()[0])


def _rows(conn: sqlite3.Connection, clicks: Iterable[Click]) -> list[_Row]:
    """Gives the rows that clicks make, in order of time; those on links that are not there make none."""
    ordered = sorted(clicks, key=lambda click: click.at)
    links = _links(conn, {click.short for click in ordered})
    known = [(links[click.short], to_micros(click.at), click) for click in ordered if click.short in links]
    soon = _soon(conn, [(link[0], at) for link, at, _ in known])
    rows: dict[tuple[int, int, int, str, str], _Row] = {}
    new_id = next_id(conn)
    for (link, at, click), is_soon in zip(known, soon, strict=True):
        reasons = " ".join((*click.reasons, *((BotReason.SOON,) if is_soon else ())))
        key = (link[0], link[1], at // SECOND, click.agent, reasons)
        if key not in rows:
            rows[key] = _Row(new_id + len(rows), link[0], link[1], at, click.agent, reasons, link)
        rows[key].times += 1
    return list(rows.values())


def _links(conn: sqlite3.Connection, shorts: Iterable[str]) -> dict[str, Sequence[Any]]:
    """Gives what is known of short addresses. Those of people who were erased lead nowhere and are left out."""
    rows = conn.execute(
        """SELECT l.short, l.message, l.position, l.url, m.workspace, s.template, m.person,
            (SELECT count(*) FROM links o WHERE o.message = l.message)
        FROM json_each(?) j CROSS JOIN links l ON l.short = j.value
        JOIN messages m ON m.seq = l.message JOIN sends s ON s.id = m.send WHERE l.url != ''""",
        (some(shorts),),
    )
    return {row[0]: row[1:] for row in rows}


def _soon(conn: sqlite3.Connection, clicked: Sequence[tuple[int, int]]) -> list[bool]:
    """Tells of each (message, time) whether it follows a step of its message at once."""
    rows = conn.execute(
        f"""SELECT EXISTS (SELECT 1 FROM history h WHERE h.message = j.value ->> 0
            AND h.at BETWEEN j.value ->> 1 - {_AT_ONCE - 1} AND j.value ->> 1 AND h.state IN {_OUT_AND_IN})
        FROM json_each(?) j ORDER BY j.key""",
        (some(clicked),),
    )
    return [bool(found) for (found,) in rows]


def _mark_several(conn: sqlite3.Connection, rows: Sequence[_Row]) -> None:
    """Marks clicks on different links of one message at once, those in the table as well.

    A click that the request itself betrays marks no other: a preview of one link says nothing of who taps another.
    """
    new = {row.id: row for row in rows}
    nearby = conn.execute(
        f"""SELECT DISTINCT c.id, c.message, c.position, c.at, c.reasons FROM json_each(?) j CROSS JOIN clicks c
        ON c.message = j.value ->> 0 AND c.at BETWEEN j.value ->> 1 - {_AT_ONCE} AND j.value ->> 1 + {_AT_ONCE}
        ORDER BY c.message, c.at""",
        (some((row.message, row.at) for row in rows if row.link[6] > 1),),
    ).fetchall()
    plain = [row for row in nearby if BY_TIME.issuperset(row[4].split())]
    for click_id, message, position, at, reasons in plain:
        at_once = any(other[1] == message and other[2] != position and abs(other[3] - at) < _AT_ONCE for other in plain)
        if at_once and BotReason.SEVERAL not in reasons.split():
            marked = f"{reasons} {BotReason.SEVERAL}".strip()
            conn.execute("UPDATE clicks SET reasons = ? WHERE id = ?", (marked, click_id))
            if click_id in new:
                new[click_id].reasons = marked
