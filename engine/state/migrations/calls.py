"""Replies to texts, and how far a provider was asked for texts."""

from __future__ import annotations

# `reply` is the message that a text was answered with; `until` is when a provider was last asked for texts.
STATEMENTS = (
    "ALTER TABLE inbound ADD COLUMN reply INTEGER",
    "CREATE TABLE polls (workspace TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
)
