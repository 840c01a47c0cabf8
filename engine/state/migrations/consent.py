"""What the consent ledger says of topics, words and authors; texts to be judged by a person."""

from __future__ import annotations

# Replacing a row would delete it without its trigger: an entry's number is never used again.
STATEMENTS = (
    *(
        f"ALTER TABLE consent_ledger ADD COLUMN {column} TEXT NOT NULL DEFAULT ''"
        for column in ("topic", "words", "message", "person", "by")
    ),
    """CREATE TRIGGER consent_ledger_grows BEFORE INSERT ON consent_ledger
        WHEN EXISTS (SELECT 1 FROM consent_ledger WHERE entry = NEW.entry)
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is only ever appended to'); END""",
    """CREATE TABLE topics (
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        topic TEXT NOT NULL,
        state TEXT NOT NULL,
        entry INTEGER NOT NULL REFERENCES consent_ledger,
        PRIMARY KEY (workspace, number, topic)
    ) WITHOUT ROWID""",
    """CREATE TABLE reviews (
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        entry INTEGER NOT NULL REFERENCES consent_ledger,
        sender TEXT NOT NULL,
        PRIMARY KEY (workspace, number, entry)
    ) WITHOUT ROWID""",
)
