"""What has been sent and spent in a sliding time."""

from __future__ import annotations

# Sums over a sliding time: of caps, and of costs. `until` is when no window reaches a row any more.
STATEMENTS = (
    """CREATE TABLE usage (
        workspace TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        at INTEGER NOT NULL,
        amount INTEGER NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (workspace, kind, key, at)
    ) WITHOUT ROWID""",
    "CREATE INDEX usage_until ON usage (until)",
    "ALTER TABLE sends ADD COLUMN local_at TEXT",
)
