"""What was found out about files, kept by their content from one run to the next.

A cache saves time and decides nothing. It is one file of JSON that is believed only as a whole: written by this very
code on these very libraries (see `engine.config.fingerprint`), by this user, where nobody else may write, and with the
digest that its first line tells. Anything else is as good as no cache, and so is a file that is not there: it may be
deleted at any time. A new one is written beside the old and takes its place at once, so two processes never see half
of one; the last to end wins, and what the other found is found again.

It stands outside of the project, so that no pull request and no checkout brings one along.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from engine.config.fingerprint import fingerprint
from engine.plugins import Plugins
from engine.types import Json

_FORMAT = "engine-cache 1"
_SUFFIX = ".jsonl"
_KEEP_DAYS = 30
_LARGEST = 1 << 30
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Cache:
    """Rows of JSON by key. Rows that a run does not ask for are dropped when it ends."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        self._file: Final = file
        self._head = f"{_FORMAT} {fingerprint} "
        self._rows = self._read()
        self._used: dict[str, str] = {}
        self._new = False

    def get(self, key: str) -> Any:
        """Gives the row of a key, None where there is none."""
        text = self.text(key)
        return None if text is None else json.loads(text)

    def text(self, key: str) -> str | None:
        """Gives the row of a key as JSON text, None where there is none."""
        text = self._rows.get(key)
        if text is not None:
            self._used[key] = text
        return text

    def put(self, key: str, row: Json) -> None:
        """Keeps a row. Raises ValueError for what JSON cannot say."""
        self._used[key] = json.dumps(row, separators=(",", ":"), allow_nan=False)
        self._new = True

    def save(self, now: datetime) -> None:
        """Writes what was used, where that differs from what is there. A disk that takes nothing is no error."""
        if not self._new and len(self._used) == len(self._rows):
            return
        body = "\n".join([f"{key}\t{text}" for key, text in self._used.items()]).encode("ascii")
        head = f"{self._head}{_digest(body)}\n".encode("ascii")
        fresh = self._file.with_name(f"{self._file.stem}.{os.getpid()}{_SUFFIX}")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._file.parent.stat()):
                return
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(head)
                stream.write(body)
            fresh.replace(self._file)
            self._sweep(now)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()
        else:
            self._rows, self._new = dict(self._used), False

    def _read(self) -> dict[str, str]:
        try:
            if not _is_ours(self._file.parent.stat()):
                return {}
            with os.fdopen(os.open(self._file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
                about = os.fstat(stream.fileno())
                if not _is_ours(about) or not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
                    return {}
                head, _, body = stream.read().partition(b"\n")
        except OSError:
            return {}
        if head != f"{self._head}{_digest(body)}".encode("ascii"):
            return {}
        return dict(line.split("\t", 1) for line in body.decode("ascii").split("\n")) if body else {}

    def _sweep(self, now: datetime) -> None:
        """Deletes what no run has renewed for a month: of folders that are no more, and what a killed run left."""
        oldest = now.timestamp() - _KEEP_DAYS * 86_400
        for path in self._file.parent.iterdir():
            if path.lstat().st_mtime < oldest and path.suffix == _SUFFIX:
                path.unlink()


def no_cache(_plugins: Plugins) -> Cache | None:
    """Gives None: every file is read."""
    return None


def cache_for(plugins: Plugins, *, config: Path, environment: str | None, variables: Mapping[str, str]) -> Cache | None:
    """Gives what was kept of a config; None where nothing is to be kept."""
    folder, code = folder_of(variables), fingerprint(plugins)
    return None if folder is None or code is None else Cache(file_of(folder, config, environment), code)


def folder_of(variables: Mapping[str, str]) -> Path | None:
    """Gives the folder for caches: ENGINE_CACHE, or `engine-sms` where the XDG base directory specification has caches.

    None where ENGINE_CACHE is empty, or where there is no home.
    """
    chosen = variables.get("ENGINE_CACHE")
    if chosen is not None:
        return Path(chosen).absolute() if chosen else None
    base = variables.get("XDG_CACHE_HOME", "")
    if os.path.isabs(base):  # noqa: PTH117 # the specification: a relative path is to be ignored
        return Path(base) / "engine-sms"
    home = variables.get("HOME")
    return Path(home) / ".cache/engine-sms" if home else None


def file_of(folder: Path, config: Path, environment: str | None) -> Path:
    """Gives the file for one config and environment."""
    about = json.dumps([os.path.realpath(config), environment])
    return folder / f"{hashlib.sha256(about.encode()).hexdigest()[:32]}{_SUFFIX}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _is_ours(about: os.stat_result) -> bool:
    return about.st_uid == os.geteuid() and not about.st_mode & _OTHERS_MAY_WRITE
