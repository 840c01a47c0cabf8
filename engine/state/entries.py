"""A row of the consent ledger."""

from __future__ import annotations

from typing import Any

from engine.state.codec import to_moment
from engine.types import Consent, ConsentState

COLUMNS = "entry, workspace, number, sender, state, source, at, detail, topic, words, message, person, by"
PLACES = ", ".join("?" * 13)


def entry_of(row: tuple[Any, ...]) -> Consent:
    """Gives the entry that a row of `COLUMNS` is."""
    _, workspace, number, sender, state, source, at, detail, topic, words, message, person, by = row
    return Consent(
        workspace=workspace,
        number=number,
        state=ConsentState(state),
        source=source,
        at=to_moment(at),
        sender=sender,
        detail=detail,
        topic=topic,
        words=words,
        message=message,
        person=person,
        by=by,
    )
