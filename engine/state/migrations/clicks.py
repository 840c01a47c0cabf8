"""Clicks on short links."""

from __future__ import annotations

# `reasons` are why it looks like a machine's, empty for a person's. `message` is negative, and `at` a whole day, where
# the person was erased.
STATEMENTS = (
    """CREATE TABLE clicks (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL,
        position INTEGER NOT NULL,
        at INTEGER NOT NULL,
        times INTEGER NOT NULL,
        agent TEXT NOT NULL,
        reasons TEXT NOT NULL,
        workspace TEXT NOT NULL,
        template TEXT NOT NULL
    )""",
    "CREATE INDEX clicks_message ON clicks (message, at)",
)
