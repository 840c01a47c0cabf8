"""What a later release makes of messages that wait."""

from __future__ import annotations

# What a later release has made of a message that waited; empty where its send still says it.
STATEMENTS = (
    "ALTER TABLE messages ADD COLUMN release TEXT",
    "ALTER TABLE messages ADD COLUMN purpose TEXT",
)
