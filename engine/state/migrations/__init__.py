"""The tables, as a series of migrations that are never edited once released; a change of them is a new one.

A migration is a module here, named by what it makes, with its `STATEMENTS`; it joins the end of `_SERIES` below.
"""

from __future__ import annotations

import sqlite_utils
from sqlite_utils.migrations import Migrations

from engine.state.migrations import (
    calls,
    caps,
    clicks,
    consent,
    delivered_calls,
    first,
    numbers,
    provider_steps,
    rollbacks,
    rounds,
    stops,
    texts,
    waiting,
)
from engine.state.migrations.first import APPLICATION_ID

__all__ = ["APPLICATION_ID", "migrations", "names"]


def migrations() -> Migrations:
    """Gives the whole series, oldest first."""
    series = Migrations("engine")
    for name, statements in _SERIES:
        _add(series, name, statements)
    return series


def names() -> tuple[str, ...]:
    """Gives the names in the series, oldest first."""
    return tuple(name for name, _ in _SERIES)


def _add(series: Migrations, name: str, statements: tuple[str, ...]) -> None:
    @series(name=name)
    def migrate(db: sqlite_utils.Database) -> None:
        for statement in statements:
            db.conn.execute(statement)


_SERIES = (
    ("0001_first", first.STATEMENTS),
    ("0002_stops", stops.STATEMENTS),
    ("0003_caps", caps.STATEMENTS),
    ("0004_consent", consent.STATEMENTS),
    ("0005_clicks", clicks.STATEMENTS),
    ("0006_calls", calls.STATEMENTS),
    ("0007_texts", texts.STATEMENTS),
    ("0008_waiting", waiting.STATEMENTS),
    ("0009_rounds", rounds.STATEMENTS),
    ("0010_rollbacks", rollbacks.STATEMENTS),
    ("0011_provider_steps", provider_steps.STATEMENTS),
    ("0012_delivered_calls", delivered_calls.STATEMENTS),
    ("0013_numbers", numbers.STATEMENTS),
)
