"""What texts start, and the calls of webhooks."""

from __future__ import annotations

# `started` is the message that a text made be sent later on; `starts` the last one of each template to a number.
STATEMENTS = (
    "ALTER TABLE inbound ADD COLUMN started INTEGER",
    "CREATE INDEX inbound_pair ON inbound (workspace, number, sender, at) WHERE number IS NOT NULL",
    "DROP INDEX inbound_number",
    """CREATE TABLE starts (
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        template TEXT NOT NULL,
        message INTEGER NOT NULL,
        PRIMARY KEY (workspace, number, template)
    ) WITHOUT ROWID""",
    """CREATE TABLE webhook_calls (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        workspace TEXT NOT NULL,
        webhook TEXT NOT NULL,
        text INTEGER NOT NULL REFERENCES inbound,
        body TEXT,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        owner TEXT,
        lease_until INTEGER,
        reason TEXT,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    )""",
    "CREATE INDEX webhook_calls_due ON webhook_calls (due_at) WHERE state = 'pending'",
    "CREATE INDEX webhook_calls_text ON webhook_calls (text)",
    "CREATE INDEX webhook_calls_left ON webhook_calls (workspace, webhook, state) WHERE state <> 'delivered'",
    """CREATE TABLE webhooks_gone (
        workspace TEXT NOT NULL, webhook TEXT NOT NULL, url TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (workspace, webhook)
    ) WITHOUT ROWID""",
)
