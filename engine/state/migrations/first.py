"""Releases, people and their consent, the outbox, texts that came in, and the workers."""

from __future__ import annotations

APPLICATION_ID = 0x456E676E
"""Marks our files among SQLite files ("Engn"), so that another program's database is never touched."""

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

STATEMENTS = (
    *_SETTINGS,
    *_RELEASES,
    *_PEOPLE,
    *_OUTBOX,
    *_OUTBOX_INDEXES,
    *_INBOUND,
    *_WORKERS,
    f"PRAGMA application_id = {APPLICATION_ID}",
)
