"""The embedded store's ledger of consent cannot be rewritten, not even by hand."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from engine.state.migrations import migrations, names
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import NOW, consent, number, person
from engine.types import ConsentState

FOREVER = "only ever appended"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_ledger SET state = 'subscribed'",
        "UPDATE OR REPLACE consent_ledger SET entry = 2",
        "DELETE FROM consent_ledger",
        "REPLACE INTO consent_ledger (entry, workspace, number, sender, state, source, at, detail)"
        " VALUES (1, 'acme', '+14155550101', '', 'subscribed', 'import', 0, '')",
        "INSERT INTO consent_ledger (entry, workspace, number, sender, state, source, at, detail)"
        " VALUES (1, 'acme', '+14155550101', '', 'subscribed', 'import', 0, '')"
        " ON CONFLICT (entry) DO UPDATE SET state = excluded.state",
    ],
)
def test_an_entry_stays_as_it_is(tmp_path: Path, statement: str) -> None:
    store = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    store.record_consent([consent(1, ConsentState.STOPPED, words="STOP")])
    before = list(store.ledger())
    with sqlite3.connect(tmp_path / "engine.db") as conn, pytest.raises(sqlite3.IntegrityError, match=FOREVER):
        conn.execute(statement)
    conn.close()
    assert list(store.ledger()) == before
    store.close()


def test_erasing_needs_no_way_around_it(tmp_path: Path) -> None:
    store = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    store.upsert_people([person("ada", number(1))], at=NOW, consent=consent(0, source="import"))
    store.record_consent([consent(1, ConsentState.STOPPED)])
    assert store.erase_person("acme", "ada", at=NOW)
    assert [entry.state for entry in store.ledger()] == [ConsentState.SUBSCRIBED, ConsentState.STOPPED]
    store.close()


def test_an_older_state_keeps_its_ledger(tmp_path: Path) -> None:
    import sqlite_utils

    path = tmp_path / "engine.db"
    conn = sqlite3.connect(path)
    old = migrations()
    assert "0004_consent" in names()
    old.apply(sqlite_utils.Database(conn, recursive_triggers=False), stop_before="0004_consent")
    conn.execute("INSERT INTO consent_ledger VALUES (1, 'acme', ?, '', 'stopped', 'inbound', 0, 'stop')", [number(1)])
    conn.execute("INSERT INTO consent VALUES ('acme', ?, '', 'stopped', 1)", [number(1)])
    conn.commit()
    conn.close()
    store = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    (entry,) = store.ledger()
    assert (entry.number, entry.state, entry.words, entry.topic) == (number(1), ConsentState.STOPPED, "", "")
    assert store.consent("acme", number(1)) is ConsentState.STOPPED
    store.close()
