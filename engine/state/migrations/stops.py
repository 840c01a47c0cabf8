"""Pauses and breakers, numbers that a provider refuses, and what a message waits for or repeats."""

from __future__ import annotations

_PAUSES = (
    """CREATE TABLE pause_ledger (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        scope TEXT NOT NULL,
        paused INTEGER NOT NULL,
        by TEXT NOT NULL,
        why TEXT NOT NULL,
        at INTEGER NOT NULL
    )""",
    """CREATE TRIGGER pause_ledger_keeps BEFORE UPDATE ON pause_ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger of pauses is only ever appended to'); END""",
    """CREATE TRIGGER pause_ledger_stays BEFORE DELETE ON pause_ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger of pauses is only ever appended to'); END""",
    "CREATE TABLE pauses (scope TEXT PRIMARY KEY, entry INTEGER NOT NULL REFERENCES pause_ledger) WITHOUT ROWID",
)

_BREAKERS = (
    """CREATE TABLE breakers (
        scope TEXT PRIMARY KEY,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        until INTEGER NOT NULL,
        rest INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        tried_until INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE code_counts (
        workspace TEXT NOT NULL,
        code TEXT NOT NULL,
        kind TEXT NOT NULL,
        count INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (workspace, code, kind)
    ) WITHOUT ROWID""",
)

_SUPPRESSIONS = (
    """CREATE TABLE suppressions (
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        code TEXT NOT NULL,
        message TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (workspace, number)
    ) WITHOUT ROWID""",
)

# `waits_for` is the paused or resting scope that a message waits for, `follows` the message that it repeats.
_FOLLOWING = (
    "ALTER TABLE messages ADD COLUMN waits_for TEXT",
    "ALTER TABLE messages ADD COLUMN follows INTEGER",
    "CREATE INDEX messages_waiting ON messages (waits_for) WHERE waits_for IS NOT NULL",
    "CREATE UNIQUE INDEX messages_follows ON messages (follows) WHERE follows IS NOT NULL",
)

STATEMENTS = (*_PAUSES, *_BREAKERS, *_SUPPRESSIONS, *_FOLLOWING)
