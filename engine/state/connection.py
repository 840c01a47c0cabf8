"""One SQLite file: how it is opened, read and written, and what its failures mean.

SQLite's locks need a local disk: on NFS, SMB and most shared folders of virtual machines they do not hold, and WAL
cannot work at all (https://www.sqlite.org/wal.html, "all processes using a database must be on the same host").
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import sqlite_utils

from engine.errors import StateUnavailable
from engine.state.migrations import APPLICATION_ID, migrations, names

BUSY_SECONDS = 30.0

_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter

# How a write transaction begins, ends and is taken back: a whole one, and one inside another.
_Words = tuple[str, str, tuple[str, ...]]
_WHOLE: _Words = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_PART: _Words = ("SAVEPOINT part", "RELEASE part", ("ROLLBACK TO part", "RELEASE part"))


class Connection:
    """A connection shared by the threads of a process, one at a time."""

    def __init__(self, conn: sqlite3.Connection, *, path: Path, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._conn = conn
        self._lock = threading.RLock()
        self._durable = True
        self._log: int | None = None  # the write-ahead log, open to be synced
        self._opening = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool) -> Connection:
        """Opens the file, making and migrating it unless read_only. Raises StateUnavailable.

        With read_only, a file that does not exist (or is empty) reads as an empty state.
        """
        with failures(path):
            conn = _open_to_read(path) if read_only else _open_to_write(path)
            try:
                if read_only and _is_empty(conn):
                    conn.close()
                    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
                    _check(conn, path, migrate=True)
                else:
                    _check(conn, path, migrate=not read_only)
                    if not read_only:
                        _log_ahead(conn, path)
                if read_only:
                    conn.execute("PRAGMA query_only = ON")
            except BaseException:
                conn.close()
                raise
            return cls(conn, path=path, read_only=read_only)

    def close(self) -> None:
        """Closes the file; the last one to close it empties the write-ahead log."""
        with self._lock, failures(self.path):
            self._conn.close()
            if self._log is not None:
                os.close(self._log)
                self._log = None

    def must_write(self) -> None:
        """Raises StateUnavailable where it was opened for reading only."""
        if self.read_only:
            raise StateUnavailable(f"the state {self.path} is open for reading only")

    def write(self, *, durable: bool = True) -> AbstractContextManager[sqlite3.Connection]:
        """Gives the connection inside a write transaction: all of it is on disk afterwards, or nothing. Inside another
        one of this thread it is a part of that, which may fail by itself.

        One that is not `durable` outlives this process, however it ends, and is on disk with the next one that is: only
        a machine that loses power may lose it, whole. It does not wait for the disk.
        """
        self.must_write()
        return _Writing(self.path, self._conn, self._lock, partial(self._be_durable, durable))

    def _be_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            # https://www.sqlite.org/pragma.html#pragma_synchronous: with a write-ahead log NORMAL stays consistent.
            self._conn.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Gives the connection inside a read transaction: every query in it sees the same moment."""
        with self._lock, failures(self.path):
            conn = self._conn
            inside = conn.in_transaction
            if inside:
                yield conn
                return
            conn.execute("BEGIN")
            try:
                yield conn
            finally:
                if conn.in_transaction:
                    conn.execute("COMMIT")

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Any]:
        """Gives the rows of one query."""
        with self._lock, failures(self.path):
            return self._conn.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """Gives the first row of one query, None where there is none."""
        with self._lock, failures(self.path):
            return self._conn.execute(sql, parameters).fetchone()

    def sync(self) -> None:
        """Waits until every transaction that has ended before is on disk. Others go on meanwhile, in this process and
        elsewhere: what is waited for is the disk alone, and no lock is held."""
        try:
            _sync(self._opened_log())
        except OSError as error:
            message, hint = _FAILURES[sqlite3.SQLITE_IOERR]
            raise StateUnavailable(message.format(path=self.path), hint=hint) from error

    def _opened_log(self) -> int:
        # SQLite keeps its locks on the other two files: closing a descriptor of this one lets go of none.
        file = self.path.resolve()
        with self._opening:
            if self._log is None:
                folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
                self._log = os.open(f"{file}-wal", os.O_RDONLY | os.O_CLOEXEC)
            return self._log

    def checkpoint(self) -> None:
        """Moves the write-ahead log into the file as far as readers allow, and cuts it."""
        with self._lock, failures(self.path):
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class _Writing:
    """A write transaction, or a part of one. A class: a generator takes three times as long to enter and leave."""

    __slots__ = ("_back", "_conn", "_end", "_lock", "_path", "_prepare")

    def __init__(
        self, path: Path, conn: sqlite3.Connection, lock: threading.RLock, prepare: Callable[[], None]
    ) -> None:
        self._path = path
        self._conn = conn
        self._lock = lock
        self._prepare = prepare
        self._end = ""
        self._back: tuple[str, ...] = ()

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        try:
            inside = self._conn.in_transaction
            begin, self._end, self._back = _PART if inside else _WHOLE
            if not inside:
                self._prepare()
            self._conn.execute(begin)
        except BaseException:
            self._lock.release()
            with failures(self._path):
                raise
        return self._conn

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del kind, trace
        try:
            if error is None:
                self._conn.execute(self._end)
                return
            self._take_back()
        except BaseException:
            self._take_back()
            with failures(self._path):
                raise
        finally:
            self._lock.release()
        if isinstance(error, sqlite3.Error | OSError):
            with failures(self._path):
                raise error

    def _take_back(self) -> None:
        # A full disk ends the whole transaction by itself.
        if self._conn.in_transaction:
            for statement in self._back:
                self._conn.execute(statement)


@contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turns what can go wrong with a file into StateUnavailable; anything else is a bug and passes through."""
    try:
        yield
    except sqlite3.Error as error:
        known = _FAILURES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if known is None:
            raise
        message, hint = known
        raise StateUnavailable(message.format(path=path), hint=hint.format(path=path)) from error
    except OSError as error:
        raise StateUnavailable(
            f"the state {path} cannot be opened: {error.strerror or error}",
            hint=f"check the folder {path.parent} and who may write there",
        ) from error


_FAILURES = {
    sqlite3.SQLITE_FULL: (
        "the disk is full: the state {path} could not be written, and is as it was before",
        "make room and try again",
    ),
    sqlite3.SQLITE_READONLY: (
        "the state {path} cannot be written",
        "give the user that runs Engine write permission on the file and its folder",
    ),
    sqlite3.SQLITE_PERM: ("the state {path} cannot be opened", "check who may read and write it"),
    sqlite3.SQLITE_CANTOPEN: (
        "the state {path} cannot be opened",
        "check that its folder exists and that the user that runs Engine may write there",
    ),
    sqlite3.SQLITE_NOTADB: (
        "{path} is not a SQLite database",
        "check `state:` in engine.yaml, or restore the file from a backup",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the state {path} is damaged",
        "restore it from a backup, or try `sqlite3 {path} .recover`",
    ),
    sqlite3.SQLITE_BUSY: (
        "the state {path} stayed locked by another process for more than 30 seconds",
        "find what holds it (`fuser {path}`) and try again",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk under the state {path} failed to read or write",
        "check the disk and its free space; the state needs a local disk, never a network one",
    ),
}


def _open_to_write(path: Path) -> sqlite3.Connection:
    if path.is_dir():
        raise StateUnavailable(f"the state {path} is a folder", hint="name a file in `state:` in engine.yaml")
    if not path.exists():
        # Numbers and words of people lie in it: only its owner may look. The log files beside it inherit the mode.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    conn = _connect(path, "mode=rw")
    try:
        # 16 MiB: what a busy loop comes back to. More would only make its memory grow with the queue.
        conn.execute("PRAGMA cache_size = -16384")
        # A statement that writes many rows keeps what it changes until it ends, by default in a file under /var/tmp: as
        # many pages again as go into the log, and people's words outside the state's own folder.
        conn.execute("PRAGMA temp_store = MEMORY")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA foreign_keys = ON")
        # Overwrites what is deleted, where that costs no further page: an erased person is gone from the file as well.
        conn.execute("PRAGMA secure_delete = FAST")
        # Fewer and larger checkpoints: a busy loop touches the same pages again and again.
        conn.execute("PRAGMA wal_autocheckpoint = 4000")
        conn.execute("PRAGMA journal_size_limit = 67108864")
    except BaseException:
        conn.close()
        raise
    return conn


def _open_to_read(path: Path) -> sqlite3.Connection:
    if not path.exists() or path.stat().st_size == 0:
        return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        # A reader of a write-ahead log needs its two files, and only one that may write takes them away again.
        return _connect(path, "mode=rw")
    try:
        return _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        if Path(f"{path}-wal").exists():
            raise
        # In a place where nobody can write, nothing can change under the reader either.
        return _connect(path, "immutable=1")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    conn = sqlite3.connect(
        f"file:{quote(str(path))}?{how}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        conn.execute("PRAGMA cache_size = -2048")  # 2 MiB; it reads the file, so a bad one fails here
    except BaseException:
        conn.close()
        raise
    return conn


def _is_empty(conn: sqlite3.Connection) -> bool:
    """True for a new file, also one that another process is about to fill: it does so in one transaction."""
    return conn.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None


def _log_ahead(conn: sqlite3.Connection, path: Path) -> None:
    """A copy that `VACUUM INTO` made has a rollback journal: commits would not be where they are waited for."""
    (mode,) = conn.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StateUnavailable(
            f"the state {path} cannot have a write-ahead log",
            hint="the state needs a local disk, never a network one",
        )


def _check(conn: sqlite3.Connection, path: Path, *, migrate: bool) -> None:
    """Makes sure that the file is ours and that its tables are the ones that we know."""
    if not _is_empty(conn) and conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StateUnavailable(f"{path} is another program's database", hint="check `state:` in engine.yaml")
    db = sqlite_utils.Database(conn, recursive_triggers=False, execute_plugins=False)
    series = migrations()
    applied = {migration.name for migration in series.applied(db)}
    unknown = sorted(applied.difference(names()))
    if unknown:
        raise StateUnavailable(
            f"the state {path} was made by a newer Engine (it has the migration {unknown[-1]})",
            hint="update Engine here, or restore an older backup of the state",
        )
    if not series.pending(db):
        return
    if not migrate:
        raise StateUnavailable(
            f"the state {path} was made by an older Engine and has not been migrated",
            hint="run a command that writes, e.g. `engine apply`; it migrates the state",
        )
    conn.execute("PRAGMA journal_mode = WAL").fetchone()
    conn.execute("BEGIN IMMEDIATE")
    try:
        series.apply(db)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
