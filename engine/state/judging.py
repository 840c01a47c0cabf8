"""A person's judgement of the texts that waited for one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from engine.ledger import Review
from engine.state.consent import append, effective, present, write_consent
from engine.state.entries import COLUMNS, entry_of
from engine.state.reviews import Reviewing, waiting
from engine.types import Consent, ConsentState

PAGE = 1000
SETTLED = "review"
"""The source of the entries that a judgement makes."""


class Judging(Reviewing):
    """The part of the store that ends reviews, and gives the ledger as evidence."""

    def settle_reviews(self, workspace: str, number: str, *, stop: bool, by: str, at: datetime) -> Sequence[Review]:
        """Ends the wait of all of a number's texts, and gives which they were. With `stop`, consent is taken back as
        each of them asked; otherwise it stays as it is, which the ledger keeps, too."""
        with self._file.write() as conn:
            settled = waiting(conn, workspace, [number])
            entries = [_judged(conn, review.held, stop, by, at) for review in settled]
            conn.execute("DELETE FROM reviews WHERE workspace = ? AND number = ?", (workspace, number))
            if stop:
                write_consent(conn, entries)
            else:
                append(conn, entries)  # what holds already is not said anew: it could outrank a newer word of a sender
        return settled

    def ledger(self, *, workspace: str | None = None, number: str | None = None) -> Iterator[Consent]:
        """Streams the ledger, oldest entry first. Read in pages, so that a slow reader holds nothing."""
        after = 0
        while True:
            rows = self._file.rows(
                f"""SELECT {COLUMNS} FROM consent_ledger WHERE entry > ?1 AND (?2 IS NULL OR workspace = ?2)
                AND (?3 IS NULL OR number = ?3) ORDER BY entry LIMIT ?4""",
                (after, workspace, number, PAGE),
            )
            yield from (entry_of(row) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]


def _judged(conn: sqlite3.Connection, held: Consent, stop: bool, by: str, at: datetime) -> Consent:
    key = (held.workspace, held.number)
    state = ConsentState.STOPPED if stop else effective(present(conn, [key]).get(key, ()), held.sender)
    return replace(held, state=state, source=SETTLED, at=at, by=by, detail="stop" if stop else "none")
