"""What apply does at providers: its steps, and the webhook addresses that it has set."""

from __future__ import annotations

STATEMENTS = (
    """CREATE TABLE provider_steps (
        n INTEGER PRIMARY KEY,
        round INTEGER NOT NULL,
        address TEXT NOT NULL,
        workspace TEXT NOT NULL,
        provider TEXT NOT NULL,
        value TEXT NOT NULL,
        sets TEXT NOT NULL,
        digest TEXT NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        message TEXT NOT NULL,
        UNIQUE (round, address)
    )""",
    """CREATE TABLE provider_webhooks (
        workspace TEXT NOT NULL,
        provider TEXT NOT NULL,
        value TEXT NOT NULL,
        webhook TEXT NOT NULL,
        url TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (workspace, provider, value, webhook)
    ) WITHOUT ROWID""",
)
