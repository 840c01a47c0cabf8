"""People: who may be texted, with whatever attributes they came with."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from engine.state.codec import dumps, loads, to_micros
from engine.state.consent import effective, present, write_consent
from engine.state.erase import erase, texts_of
from engine.state.room import Room, insert, some
from engine.state.rows import person as to_person
from engine.state.topics import topics_now
from engine.types import Consent, ConsentState, Person

_COLUMNS = "workspace, p.id, phone, attributes"


class People(Room):
    """The part of the store that knows people."""

    def upsert_people(
        self, people: Sequence[Person], *, at: datetime, consent: Consent | None = None
    ) -> tuple[int, int]:
        """Adds people or merges their attributes into who is there (None removes one). Returns (added, updated).

        A phone of None leaves the number as it is, an empty one takes it away. `consent` is a model for one entry per
        person with a number; a stopped number stays stopped, and what it says already is not said again.
        """
        with self._file.write() as conn:
            return write_people(conn, people, at=at, consent=consent)

    def people(self, workspace: str, *, after: str = "", limit: int = 1000) -> Sequence[Person]:
        """Gives people in order of id, those after `after`."""
        rows = self._file.rows(
            f"SELECT {_COLUMNS} FROM people p WHERE workspace = ? AND id > ? ORDER BY id LIMIT ?",
            (workspace, after, limit),
        )
        return [to_person(row) for row in rows]

    def person(self, workspace: str, person_id: str) -> Person | None:
        """Gives one person, None where there is none of that id."""
        row = self._file.row(f"SELECT {_COLUMNS} FROM people p WHERE workspace = ? AND id = ?", (workspace, person_id))
        return None if row is None else to_person(row)

    def some_people(self, workspace: str, ids: Collection[str]) -> Sequence[Person]:
        """Gives those of the people who are there, in any order."""
        rows = self._file.rows(
            f"""SELECT {_COLUMNS} FROM json_each(?) j CROSS JOIN people p ON p.workspace = ? AND p.id = j.value""",
            (some(ids), workspace),
        )
        return [to_person(row) for row in rows]

    def people_with_number(self, workspace: str, number: str) -> Sequence[Person]:
        """Gives everyone who has a number, in order of id."""
        # Left to itself, SQLite reads the whole workspace: that is in order of id already.
        rows = self._file.rows(
            f"""SELECT {_COLUMNS} FROM people p INDEXED BY people_phone
            WHERE workspace = ? AND phone = ? ORDER BY id""",
            (workspace, number),
        )
        return [to_person(row) for row in rows]

    def count_people(self, workspace: str) -> int:
        """Gives how many people a workspace has."""
        return int(self._file.row("SELECT count(*) FROM people p WHERE workspace = ?", (workspace,))[0])

    def erase_person(self, workspace: str, person_id: str, *, at: datetime) -> bool:
        """Forgets a person: attributes, number, and the number and words of their messages, links and texts to us.
        Consent stays, since a stop must outlive the person. Their messages that have not left are cancelled; one in
        doubt is held, since nothing is left to look for. False where there is none."""
        with self._file.read() as conn:
            (last,) = conn.execute("SELECT coalesce(max(seq), 0) FROM inbound").fetchone()
            texts = texts_of(conn, workspace, person_id)
        with self._file.write() as conn:
            texts += texts_of(conn, workspace, person_id, after=last)
            found = erase(conn, workspace, person_id, texts, to_micros(at))
        if found:
            self._file.checkpoint()
        return found


def write_people(
    conn: sqlite3.Connection, people: Sequence[Person], *, at: datetime, consent: Consent | None = None
) -> tuple[int, int]:
    """Adds and merges people inside a transaction; see `upsert_people`."""
    known = _known(conn, people)
    now = to_micros(at)
    added = updated = 0
    changed: dict[tuple[str, str], tuple[str | None, str]] = {}
    for person in people:
        key = (person.workspace, person.id)
        there = known.get(key)
        if there is None:
            added += 1
            attributes, phone = person.attributes, person.phone
        else:
            updated += 1
            attributes = {**loads(there[1]), **person.attributes}
            phone = there[0] if person.phone is None else person.phone
        merged = {name: value for name, value in attributes.items() if value is not None}
        known[key] = as_now = (phone or None, dumps(merged))
        if as_now != there:
            changed[key] = as_now
    insert(
        conn,
        "people",
        [(*key, phone, attributes, now, now) for key, (phone, attributes) in changed.items()],
        then="""ON CONFLICT (workspace, id) DO UPDATE
            SET phone = excluded.phone, attributes = excluded.attributes, updated_at = excluded.updated_at""",
    )
    if consent is not None:
        _agree(conn, consent, {(key[0], phone) for key, (phone, _) in known.items() if phone is not None})
    return added, updated


def _known(conn: sqlite3.Connection, people: Sequence[Person]) -> dict[tuple[str, str], tuple[str | None, str]]:
    rows = conn.execute(
        """SELECT p.workspace, p.id, p.phone, p.attributes FROM json_each(?) j
        CROSS JOIN people p ON p.workspace = j.value ->> 0 AND p.id = j.value ->> 1""",
        (some((person.workspace, person.id) for person in people),),
    )
    return {(workspace, person_id): (phone, text) for workspace, person_id, phone, text in rows}


def _agree(conn: sqlite3.Connection, model: Consent, numbers: set[tuple[str, str]]) -> None:
    if model.topic:
        numbers = _without_word_on(conn, model.topic, numbers)
    now = present(conn, numbers)
    stops = model.state is ConsentState.STOPPED
    agreeing = sorted(
        number
        for number in numbers
        if stops or effective(now.get(number, ()), model.sender) is not ConsentState.STOPPED
    )
    said = {
        (workspace, number)
        for workspace, number in conn.execute(
            """SELECT l.workspace, l.number FROM json_each(?) j
            CROSS JOIN consent c ON c.workspace = j.value ->> 0 AND c.number = j.value ->> 1 AND c.sender = ?
            JOIN consent_ledger l ON l.entry = c.entry
            WHERE l.state = ? AND l.source = ? AND l.detail = ? AND ? = ''""",
            (some(agreeing), model.sender, model.state.value, model.source, model.detail, model.topic),
        )
    }
    write_consent(
        conn,
        [replace(model, workspace=key[0], number=key[1]) for key in agreeing if key not in said],
    )


def _without_word_on(conn: sqlite3.Connection, topic: str, numbers: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Gives the numbers that neither have the topic already nor have taken it back themselves."""
    said = topics_now(conn, {(*number, topic) for number in numbers})
    return {number for number in numbers if said.get((*number, topic)) in (None, ConsentState.PENDING)}
