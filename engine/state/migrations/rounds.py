"""The last round of `engine reconcile`."""

from __future__ import annotations

STATEMENTS = (
    """CREATE TABLE last_round (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        at INTEGER NOT NULL,
        by TEXT NOT NULL,
        every INTEGER,
        result TEXT NOT NULL,
        commit_hash TEXT,
        release TEXT,
        message TEXT NOT NULL,
        since INTEGER,
        config TEXT
    )""",
)
