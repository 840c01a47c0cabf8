"""The tables, as a series of migrations that are never edited once released; a change of them is a new one."""

from __future__ import annotations

import sqlite_utils
from sqlite_utils.migrations import Migrations

APPLICATION_ID = 0x456E676E
"""Marks our files among SQLite files ("Engn"), so that another program's database is never touched."""


def migrations() -> Migrations:
    """Gives the whole series, oldest first."""
    series = Migrations("engine")
    for name, migration in _SERIES:
        series(name=name)(migration)
    return series


def names() -> tuple[str, ...]:
    """Gives the names in the series, oldest first."""
    return tuple(name for name, _ in _SERIES)


def _first(db: sqlite_utils.Database) -> None:
    for statement in (*_SETTINGS, *_RELEASES, *_PEOPLE, *_OUTBOX, *_OUTBOX_INDEXES, *_INBOUND, *_WORKERS):
        db.conn.execute(statement)
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _stops(db: sqlite_utils.Database) -> None:
    for statement in (*_PAUSES, *_BREAKERS, *_SUPPRESSIONS, *_FOLLOWING):
        db.conn.execute(statement)


def _caps(db: sqlite_utils.Database) -> None:
    for statement in _CAPS:
        db.conn.execute(statement)


def _consent(db: sqlite_utils.Database) -> None:
    for statement in _CONSENT:
        db.conn.execute(statement)


def _clicks(db: sqlite_utils.Database) -> None:
    for statement in _CLICKS:
        db.conn.execute(statement)


def _calls(db: sqlite_utils.Database) -> None:
    for statement in _CALLS:
        db.conn.execute(statement)


def _texts(db: sqlite_utils.Database) -> None:
    for statement in _TEXTS:
        db.conn.execute(statement)


def _waiting(db: sqlite_utils.Database) -> None:
    for statement in _WAITING:
        db.conn.execute(statement)


_SETTINGS = (
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    "INSERT INTO settings VALUES ('message_id_key', randomblob(32))",
)

_RELEASES = (
    """CREATE TABLE releases (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        base TEXT,
        digest TEXT NOT NULL,
        objects TEXT NOT NULL,
        sources TEXT NOT NULL,
        applied_at INTEGER NOT NULL,
        applied_by TEXT NOT NULL,
        commit_hash TEXT,
        author TEXT,
        environment TEXT,
        versions TEXT NOT NULL,
        summary TEXT NOT NULL,
        allowed TEXT NOT NULL
    )""",
    """CREATE TABLE locks (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, since INTEGER NOT NULL
    ) WITHOUT ROWID""",
)

_PEOPLE = (
    """CREATE TABLE people (
        workspace TEXT NOT NULL,
        id TEXT NOT NULL,
        phone TEXT,
        attributes TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        PRIMARY KEY (workspace, id)
    ) WITHOUT ROWID""",
    "CREATE INDEX people_phone ON people (workspace, phone) WHERE phone IS NOT NULL",
    """CREATE TABLE consent_ledger (
        entry INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        sender TEXT NOT NULL,
        state TEXT NOT NULL,
        source TEXT NOT NULL,
        at INTEGER NOT NULL,
        detail TEXT NOT NULL
    )""",
    "CREATE INDEX consent_ledger_number ON consent_ledger (workspace, number)",
    """CREATE TRIGGER consent_ledger_keeps BEFORE UPDATE ON consent_ledger
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is only ever appended to'); END""",
    """CREATE TRIGGER consent_ledger_stays BEFORE DELETE ON consent_ledger
        BEGIN SELECT RAISE(ABORT, 'the consent ledger is only ever appended to'); END""",
    """CREATE TABLE consent (
        workspace TEXT NOT NULL,
        number TEXT NOT NULL,
        sender TEXT NOT NULL,
        state TEXT NOT NULL,
        entry INTEGER NOT NULL REFERENCES consent_ledger,
        PRIMARY KEY (workspace, number, sender)
    ) WITHOUT ROWID""",
)

# A message row is narrow and changes often; what goes over the wire is wide and written once: hence two tables.
# `family` is the first send of a key (a send without one is its own), so that calls under several releases share
# a key. `went` counts attempts that may have reached the provider; `via` is the release whose
# `delivery` carried the last one. Two workspaces may share an account: a provider id is unique across them.
_OUTBOX = (
    "CREATE TABLE lanes (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE sends (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        template TEXT NOT NULL,
        release TEXT NOT NULL,
        purpose TEXT NOT NULL,
        data TEXT NOT NULL,
        event TEXT NOT NULL,
        reply_from TEXT,
        created_at INTEGER NOT NULL,
        digest TEXT NOT NULL,
        key TEXT
    )""",
    "CREATE UNIQUE INDEX sends_key ON sends (workspace, key) WHERE key IS NOT NULL",
    """CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        send INTEGER NOT NULL REFERENCES sends,
        family INTEGER NOT NULL,
        keyed INTEGER NOT NULL,
        workspace TEXT NOT NULL,
        person TEXT,
        number TEXT,
        lane INTEGER NOT NULL REFERENCES lanes,
        rank INTEGER NOT NULL,
        state TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        went INTEGER NOT NULL DEFAULT 0,
        look_ups INTEGER NOT NULL DEFAULT 0,
        changes INTEGER NOT NULL DEFAULT 0,
        updated_at INTEGER,
        lease_until INTEGER,
        owner TEXT,
        first_at INTEGER,
        started_at INTEGER,
        reason TEXT,
        error_code TEXT,
        provider_id TEXT,
        via TEXT
    )""",
    """CREATE TABLE frozen (
        message INTEGER PRIMARY KEY,
        workspace TEXT NOT NULL,
        family INTEGER NOT NULL,
        number TEXT,
        country TEXT,
        sender TEXT NOT NULL,
        body TEXT,
        media TEXT,
        encoding TEXT NOT NULL,
        segments INTEGER NOT NULL
    )""",
    """CREATE TABLE links (
        short TEXT PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES messages,
        position INTEGER NOT NULL,
        url TEXT NOT NULL,
        expires_at INTEGER
    ) WITHOUT ROWID""",
    """CREATE TABLE history (
        message INTEGER NOT NULL,
        n INTEGER NOT NULL,
        at INTEGER NOT NULL,
        was TEXT NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        reason TEXT,
        detail TEXT,
        PRIMARY KEY (message, n)
    ) WITHOUT ROWID""",
)

_OUTBOX_INDEXES = (
    "CREATE INDEX messages_claimable ON messages (lane, rank, due_at) WHERE state IN ('queued', 'retry_wait')",
    "CREATE INDEX messages_leased ON messages (lease_until) WHERE state IN ('claimed', 'sending')",
    "CREATE INDEX messages_doubtful ON messages (due_at) WHERE state = 'in_doubt'",
    "CREATE INDEX messages_state ON messages (state, seq, workspace, lane)",
    "CREATE UNIQUE INDEX messages_key_person ON messages (family, person) WHERE keyed = 1 AND person IS NOT NULL",
    "CREATE UNIQUE INDEX messages_key_number ON messages (family, number) WHERE keyed = 1 AND person IS NULL",
    "CREATE UNIQUE INDEX messages_provider ON messages (provider_id) WHERE provider_id IS NOT NULL",
    "CREATE INDEX frozen_number ON frozen (number, workspace, family) WHERE number IS NOT NULL",
    "CREATE INDEX links_message ON links (message, position)",
)

_INBOUND = (
    """CREATE TABLE inbound (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        number TEXT,
        sender TEXT NOT NULL,
        body TEXT,
        media TEXT,
        at INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        UNIQUE (workspace, provider_id)
    )""",
    "CREATE INDEX inbound_number ON inbound (workspace, number) WHERE number IS NOT NULL",
)

_WORKERS = (
    """CREATE TABLE workers (
        owner TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL,
        started_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL
    ) WITHOUT ROWID""",
)

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

# Sums over a sliding time: of caps, and of costs. `until` is when no window reaches a row any more.
_CAPS = (
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

# Replacing a row would delete it without its trigger: an entry's number is never used again.
_CONSENT = (
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

# `reasons` are why it looks like a machine's, empty for a person's. `message` is negative, and `at` a whole day, where
# the person was erased.
_CLICKS = (
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

# `reply` is the message that a text was answered with; `until` is when a provider was last asked for texts.
_CALLS = (
    "ALTER TABLE inbound ADD COLUMN reply INTEGER",
    "CREATE TABLE polls (workspace TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
)

# `started` is the message that a text made be sent later on; `starts` the last one of each template to a number.
_TEXTS = (
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

# What a later release has made of a message that waited; empty where its send still says it.
_WAITING = (
    "ALTER TABLE messages ADD COLUMN release TEXT",
    "ALTER TABLE messages ADD COLUMN purpose TEXT",
)

_SERIES = (
    ("0001_first", _first),
    ("0002_stops", _stops),
    ("0003_caps", _caps),
    ("0004_consent", _consent),
    ("0005_clicks", _clicks),
    ("0006_calls", _calls),
    ("0007_texts", _texts),
    ("0008_waiting", _waiting),
)
