"""Texts that people sent: each recorded once, with all its effects in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from engine.outbox import Queued
from engine.state.codec import dumps, to_micros
from engine.state.consent import effective, write_consent
from engine.state.lately import texts_lately
from engine.state.outbox_queue import Queueing
from engine.state.people import write_people
from engine.state.room import insert, some
from engine.texts import Acquaintance, Arrival, Texter
from engine.types import ConsentState

NOTHING = Queued(0, 0, ())


class Inbound(Queueing):
    """The part of the store that takes texts in."""

    def acquaintances(self, texters: Sequence[Texter], *, since: datetime) -> Sequence[Acquaintance]:
        """Gives what is known of each texter; texts are counted after `since`."""
        after = to_micros(since)
        numbers: dict[tuple[str, str], list[str]] = {}
        for texter in texters:
            numbers.setdefault((texter.workspace, texter.to), []).append(texter.number)
        people: dict[tuple[str, str], str] = {}
        entries: dict[tuple[str, str], list[tuple[str, ConsentState, int]]] = {}
        lately: dict[tuple[str, str], dict[str, int]] = {}
        with self._file.write() as conn:
            for (workspace, to), among in numbers.items():
                which = (some(among), workspace)
                for number, person in conn.execute(
                    """SELECT p.phone, min(p.id) FROM json_each(?) j CROSS JOIN people p INDEXED BY people_phone
                    ON p.workspace = ? AND p.phone = j.value GROUP BY p.phone""",
                    which,
                ):
                    people[workspace, number] = person
                for number, sender, state, entry in conn.execute(
                    """SELECT c.number, c.sender, c.state, c.entry FROM json_each(?) j
                    CROSS JOIN consent c ON c.workspace = ? AND c.number = j.value""",
                    which,
                ):
                    entries.setdefault((workspace, number), []).append((sender, ConsentState(state), entry))
                lately[workspace, to] = texts_lately(conn, workspace, to, among, after)
        return [
            Acquaintance(
                people.get((texter.workspace, texter.number)),
                effective(entries.get((texter.workspace, texter.number), ()), texter.scope),
                lately[texter.workspace, texter.to].get(texter.number, 0),
            )
            for texter in texters
        ]

    def record_texts(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[Queued | None]:
        """Records texts, each once, with all their effects in the same transaction."""
        with self._file.write() as conn:
            fresh = _fresh(conn, arrivals)
            replies = self._replies(conn, fresh)
            now = to_micros(at)
            insert(
                conn,
                "inbound (workspace, provider_id, number, sender, body, media, at, outcome, reply)",
                [
                    (
                        arrival.workspace,
                        arrival.message.provider_id,
                        arrival.message.from_number,
                        arrival.message.to,
                        arrival.message.body,
                        dumps(list(arrival.message.media)) if arrival.message.media else "[]",
                        now,
                        dumps(arrival.outcome),
                        replies[place][0] if place in replies else None,
                    )
                    for place, arrival in fresh.items()
                ],
            )
            write_consent(conn, [entry for arrival in fresh.values() for entry in arrival.consent])
            people = (arrival.person for arrival in fresh.values() if arrival.person is not None)
            if changed := [person for person in people if person.phone is not None or person.attributes]:
                write_people(conn, changed, at=at)
        return [
            None if place not in fresh else replies[place][1] if place in replies else NOTHING
            for place in range(len(arrivals))
        ]

    def _replies(self, conn: sqlite3.Connection, arrivals: dict[int, Arrival]) -> dict[int, tuple[int | None, Queued]]:
        """Queues the replies; gives of each its row, None where none was added, and what was queued."""
        found: dict[int, tuple[int | None, Queued]] = {}
        plain = [
            (place, arrival.reply, arrival.message.from_number, arrival.person.id if arrival.person else None)
            for place, arrival in arrivals.items()
            if arrival.reply is not None and arrival.reply.key is None
        ]
        if plain:
            rows = self._queue_each(conn, [(send, number, person) for _, send, number, person in plain])
            found |= {
                place: (row, Queued(1, 0, (self._ids.encode_new(row),)))
                for (place, *_), row in zip(plain, rows, strict=True)
            }
        for place, arrival in arrivals.items():
            if arrival.reply is not None and arrival.reply.key is not None:
                queued = self._queue(
                    conn, arrival.reply, persons=[], numbers=[arrival.message.from_number], everyone=False
                )
                row = self._ids.decode(queued.ids[0]) if queued.queued else None
                if arrival.person is not None:
                    conn.execute("UPDATE messages SET person = ? WHERE seq = ?", (arrival.person.id, row))
                found[place] = row, queued
        return found


def _fresh(conn: sqlite3.Connection, arrivals: Sequence[Arrival]) -> dict[int, Arrival]:
    """Gives the texts, by their place, whose provider's id is new."""
    ids: dict[str, dict[str, int]] = {}
    for place, arrival in enumerate(arrivals):
        ids.setdefault(arrival.workspace, {}).setdefault(arrival.message.provider_id, place)
    for workspace, places in ids.items():
        for (known,) in conn.execute(
            """SELECT j.value FROM json_each(?) j
            CROSS JOIN inbound i ON i.workspace = ? AND i.provider_id = j.value""",
            (some(places), workspace),
        ).fetchall():
            del places[known]
    first = {place for places in ids.values() for place in places.values()}
    return {place: arrival for place, arrival in enumerate(arrivals) if place in first}
