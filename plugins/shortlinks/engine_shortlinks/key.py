"""The installation's key for short links: made once, readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from engine import StateUnavailable

FILE = "shortlinks.key"
BYTES = 32


def load_or_create(folder: Path, random: Callable[[int], bytes]) -> bytes:
    """Gives the key in `folder`, making it where there is none. Of several processes that make one, the first wins.

    Raises StateUnavailable where it cannot be read or written, or is damaged.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _create(path, random)
        text = path.read_text("ascii").strip()
        key = bytes.fromhex(text)
    except OSError as error:
        raise StateUnavailable(f"the key for short links cannot be kept in {folder}: {error.strerror}") from error
    except ValueError as error:
        raise _damaged(path) from error
    if len(key) != BYTES:
        raise _damaged(path)
    return key


def _create(path: Path, random: Callable[[int], bytes]) -> None:
    # Written whole beside its place and then linked there: a link fails where one exists, so nobody ever reads
    # half a key, and nobody's key replaces another's.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{random(8).hex()}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(random(BYTES).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def _damaged(path: Path) -> StateUnavailable:
    return StateUnavailable(
        f"the key for short links in {path} is damaged",
        hint="restore it from a backup, or remove it: links that were sent keep working, new ones get a new key",
    )
