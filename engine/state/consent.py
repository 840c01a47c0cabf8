"""Consent: a ledger that only grows, and beside it the present state of each number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from engine.state.codec import to_micros
from engine.state.entries import COLUMNS, PLACES, entry_of
from engine.state.reviews import close_reviews, open_reviews
from engine.state.room import Room, some
from engine.state.suppressions import lift
from engine.state.topics import end_pending, write_topics
from engine.types import Consent, ConsentState

WORKSPACE = ""
"""The sender of an entry that concerns every sender of a workspace."""

LIFTS = frozenset({"operator", "inbound"})
"""Whose word on a subscription also says that the number can be reached: a phone that texts is one that receives."""

Present = Sequence[tuple[str, ConsentState, int]]
"""The newest entry for each sender of one number: (sender, state, place in the ledger)."""


class Consenting(Room):
    """The part of the store that knows who may be texted."""

    def consent(self, workspace: str, number: str, *, sender: str = WORKSPACE) -> ConsentState:
        """Gives what the newest entry that concerns the sender says; see `effective`."""
        rows = self._file.rows(
            "SELECT sender, state, entry FROM consent WHERE workspace = ? AND number = ?", (workspace, number)
        )
        return effective([(own, ConsentState(state), entry) for own, state, entry in rows], sender)

    def record_consent(self, entries: Sequence[Consent]) -> None:
        """Appends to the ledger and makes each entry the present state of its number; one with a topic, of that topic.
        A REVIEW changes no state: it waits to be judged. A STOP also ends what is PENDING."""
        with self._file.write() as conn:
            write_consent(conn, entries)

    def consent_history(self, workspace: str, number: str) -> Sequence[Consent]:
        """Gives the ledger of one number, oldest first."""
        rows = self._file.rows(
            f"SELECT {COLUMNS} FROM consent_ledger WHERE workspace = ? AND number = ? ORDER BY entry",
            (workspace, number),
        )
        return tuple(entry_of(row) for row in rows)


def effective(entries: Present, sender: str) -> ConsentState:
    """Gives the state for a sender: its own newest entry or the workspace's, whichever is newer.

    For the workspace as a whole, a stop of any one sender that is newer than the workspace's entry counts: somebody who
    stopped one sender while consent was kept by sender has not agreed to the others.
    """
    state, newest = ConsentState.UNKNOWN, 0
    for entry_sender, entry_state, entry in entries:
        concerns = entry_sender in (WORKSPACE, sender) or (sender == WORKSPACE and entry_state is ConsentState.STOPPED)
        if concerns and entry > newest:
            state, newest = entry_state, entry
    return state


def present(
    conn: sqlite3.Connection, numbers: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, ConsentState, int]]]:
    """Gives the present entries of each (workspace, number) that has any."""
    wanted = list(numbers)
    if not wanted:
        return {}
    rows = conn.execute(
        """SELECT c.workspace, c.number, c.sender, c.state, c.entry FROM json_each(?) j
        CROSS JOIN consent c ON c.workspace = j.value ->> 0 AND c.number = j.value ->> 1""",
        (some(wanted),),
    )
    found: dict[tuple[str, str], list[tuple[str, ConsentState, int]]] = {}
    for workspace, number, sender, state, entry in rows:
        found.setdefault((workspace, number), []).append((sender, ConsentState(state), entry))
    return found


def write_consent(conn: sqlite3.Connection, entries: Sequence[Consent]) -> None:
    """Appends entries inside a transaction."""
    if not entries:
        return
    numbered = append(conn, entries)
    write_topics(conn, [(entry, c) for entry, c in numbered if c.topic])
    open_reviews(conn, [(entry, c) for entry, c in numbered if c.state is ConsentState.REVIEW])
    general = [(entry, c) for entry, c in numbered if not c.topic and c.state is not ConsentState.REVIEW]
    conn.executemany(
        """INSERT INTO consent VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (workspace, number, sender) DO UPDATE SET state = excluded.state, entry = excluded.entry""",
        [(c.workspace, c.number, c.sender, c.state.value, entry) for entry, c in general],
    )
    stops = [(entry, c) for entry, c in general if c.state is ConsentState.STOPPED]
    agreed = [(entry, c) for entry, c in general if c.state is ConsentState.SUBSCRIBED and c.source in LIFTS]
    lift(conn, [(c.workspace, c.number) for _, c in agreed])
    end_pending(conn, [(entry, c.workspace, c.number) for entry, c in stops])
    close_reviews(conn, [(entry, c.workspace, c.number, c.sender) for entry, c in [*stops, *agreed]])


def append(conn: sqlite3.Connection, entries: Sequence[Consent]) -> list[tuple[int, Consent]]:
    """Writes entries into the ledger alone, inside a transaction, and gives each with its place."""
    (last,) = conn.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'consent_ledger'").fetchone()
    numbered = list(enumerate(entries, last + 1))
    conn.executemany(
        f"INSERT INTO consent_ledger ({COLUMNS}) VALUES ({PLACES})",
        [
            (
                *(entry, c.workspace, c.number, c.sender, c.state.value, c.source, to_micros(c.at), c.detail),
                *(c.topic, c.words, c.message, c.person, c.by),
            )
            for entry, c in numbered
        ],
    )
    return numbered
