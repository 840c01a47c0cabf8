"""The phone network: one SQLite file with every text that went to a phone or came from one."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlite_utils

from engine import StateUnavailable

BUSY_SECONDS = 30

TO_PHONE = "to-phone"
FROM_PHONE = "from-phone"

_COLUMNS = (
    "id, direction, phone, sender, sender_kind, body, media, at, sent_at, done_at, error_code,"
    " workspace, reference, attempt"
)
_RECENT = 5_000
"""How many texts are looked through for the phones that were busy last, so that a broadcast costs no more."""

_INSERT = f"INSERT INTO texts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 # fixed column names


@dataclass(frozen=True, slots=True)
class Text:
    """One text. Times are milliseconds since 1970, UTC; `sent_at` and `done_at` lie ahead when it is taken."""

    id: str
    direction: str
    phone: str  # E.164
    sender: str  # the value of our sender, whichever way the text went
    sender_kind: str
    body: str
    media: tuple[str, ...]
    at: int
    sent_at: int
    done_at: int
    error_code: str | None  # of the receipt, where it does not arrive
    workspace: str
    reference: str  # our message id
    attempt: int
    position: int = 0  # in the order of writing, from 1; 0 until it is written

    def status(self, now: int) -> str:
        """Gives how far it is: queued, sent, delivered or undelivered; received for one from a phone."""
        if self.direction == FROM_PHONE:
            return "received"
        if now < self.sent_at:
            return "queued"
        if now < self.done_at:
            return "sent"
        return "undelivered" if self.error_code else "delivered"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that something was sent to or that sent something."""

    number: str
    texts: int
    last_at: int
    last_body: str


class Network:
    """Reads and writes the file. For one thread at a time; several processes may share the file."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Network:
        """Opens the network, making it unless read_only; then one that does not exist has no phones.

        Raises StateUnavailable.
        """
        with failures(path):
            if read_only:
                conn = _connect(path) if path.exists() else sqlite3.connect(":memory:", check_same_thread=False)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                _make(path)
                conn = _connect(path)
                _write_ahead(conn)
            if not read_only or not path.exists():
                _create(conn)
            # WAL with NORMAL loses nothing when a process is killed, only when the machine loses power.
            conn.execute("PRAGMA synchronous = NORMAL")
            return cls(conn)

    def close(self) -> None:
        """Closes the file."""
        self._conn.close()

    def record(self, texts: Sequence[Text]) -> None:
        """Writes texts, all or none, in one transaction. Raises sqlite3.Error."""
        conn = self._conn
        conn.execute("BEGIN IMMEDIATE")
        try:
            conn.executemany(_INSERT, [_values(text) for text in texts])
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise

    def text(self, text_id: str) -> Text | None:
        """Gives one text."""
        return next(self._texts("id = ?", text_id), None)

    def with_reference(self, reference: str) -> list[Text]:
        """Gives the texts that one of our messages became, the last attempt first."""
        return list(self._texts("reference = ? AND direction = 'to-phone' ORDER BY attempt DESC, at DESC", reference))

    def conversation(self, phone: str) -> list[Text]:
        """Gives what went to and came from a phone, oldest first."""
        return list(self._texts("phone = ? ORDER BY at, rowid", phone))

    def phones(self) -> list[Phone]:
        """Gives every phone, the one that was busy last first."""
        # SQLite takes bare columns from the row that max() picked: https://www.sqlite.org/lang_select.html#bareagg
        rows = self._conn.execute(
            "SELECT phone, count(*), max(at), body FROM texts GROUP BY phone ORDER BY max(at) DESC, phone"
        )
        return [Phone(*row) for row in rows]

    def recent(self, limit: int) -> tuple[list[Text], bool]:
        """Gives the last text of each phone that was busy lately, the last one first, and whether there are more."""
        found = self._conn.execute(
            "SELECT max(rowid) FROM (SELECT rowid, phone FROM texts ORDER BY rowid DESC LIMIT ?)"
            " GROUP BY phone ORDER BY 1 DESC LIMIT ?",
            (_RECENT, limit + 1),
        ).fetchall()
        texts = [text for (position,) in found[:limit] for text in self._texts("rowid = ?", position)]
        return texts, len(found) > limit or self.end()[1] > _RECENT

    def before(self, phone: str, position: int, limit: int) -> list[Text]:
        """Gives the last texts of a phone before a position, oldest first."""
        return list(self._texts("phone = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?", phone, position, limit))[::-1]

    def after(self, position: int, limit: int, *, phone: str | None = None) -> list[Text]:
        """Gives the first texts after a position, of one phone or of all, oldest first."""
        if phone is None:
            return list(self._texts("rowid > ? ORDER BY rowid LIMIT ?", position, limit))
        return list(self._texts("phone = ? AND rowid > ? ORDER BY rowid LIMIT ?", phone, position, limit))

    def end(self) -> tuple[str, int]:
        """Gives the first text's id, which tells this network from one made anew in its place, and the last position.

        Empty and 0 where nothing was written.
        """
        (last,) = self._conn.execute("SELECT max(rowid) FROM texts").fetchone()
        if last is None:
            return "", 0
        (first,) = self._conn.execute("SELECT id FROM texts ORDER BY rowid LIMIT 1").fetchone()
        return first, last

    def senders(self) -> list[tuple[str, str]]:
        """Gives (kind, value) of every sender that was used."""
        rows = self._conn.execute(
            "SELECT DISTINCT sender_kind, sender FROM texts WHERE direction = 'to-phone' ORDER BY 1, 2"
        )
        return [(kind, value) for kind, value in rows]

    def _texts(self, where: str, *parameters: Any) -> Iterator[Text]:
        rows = self._conn.execute(f"SELECT {_COLUMNS}, rowid FROM texts WHERE {where}", parameters)  # noqa: S608 # fixed texts
        for row in rows:
            values = list(row)
            values[6] = tuple(json.loads(values[6]))
            yield Text(*values)


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turns what SQLite and the file system say of the file into StateUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise StateUnavailable(f"the sandbox's phone network {path} cannot be used: {why}") from error


def _make(path: Path) -> None:
    # SQLite gives its side files the mode of the database, so there must be a file before it makes one; and who reads
    # meanwhile finds no file or a whole one. So it is made aside and linked, not renamed: a process that closes a file
    # loses all locks that it holds on it, also those of its other connections, and then somebody else deletes the log
    # under them: https://www.sqlite.org/howtocorrupt.html, 2.2.
    if path.exists():
        return
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    draft = Path(name)
    try:
        with closing(_connect(draft)) as conn:
            _write_ahead(conn)
            _create(conn)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _write_ahead(conn: sqlite3.Connection) -> None:
    # Changing the journal mode does not wait for other connections, as statements do: it fails where one is busy.
    for tries_left in range(BUSY_SECONDS * 20, -1, -1):
        try:
            if conn.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",):
                return
        except sqlite3.OperationalError:
            if not tries_left:
                raise
        time.sleep(0.05)


def _create(conn: sqlite3.Connection) -> None:
    # One transaction from the look to the change: of two processes that find no table, the second waits for the first.
    conn.execute("BEGIN IMMEDIATE")
    try:
        _create_table(sqlite_utils.Database(conn, execute_plugins=False).table("texts"))
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _create_table(table: sqlite_utils.db.Table) -> None:
    if table.exists():
        return
    columns = {
        "id": str, "direction": str, "phone": str, "sender": str, "sender_kind": str, "body": str, "media": str,
        "at": int, "sent_at": int, "done_at": int, "error_code": str, "workspace": str, "reference": str,
        "attempt": int,
    }  # fmt: skip
    table.create(columns, pk="id", not_null=set(columns) - {"error_code"}, if_not_exists=True, strict=True)
    table.create_index(["phone", "at"], if_not_exists=True)
    table.create_index(["reference"], if_not_exists=True)


def _values(text: Text) -> tuple[Any, ...]:
    return (
        text.id, text.direction, text.phone, text.sender, text.sender_kind, text.body, json.dumps(text.media), text.at,
        text.sent_at, text.done_at, text.error_code, text.workspace, text.reference, text.attempt,
    )  # fmt: skip
