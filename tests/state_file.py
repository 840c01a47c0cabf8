"""The file of the embedded store, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from engine.state.sqlite import SqliteStore
from engine.store import Store
from engine.testing.store.base import queue

URL = "sqlite:///state/engine.db"


def open_store(folder: Path, *, read_only: bool = False) -> Store:
    """Opens it, and makes it where it is not there."""
    return SqliteStore.open(URL, folder=folder, read_only=read_only)


def made(folder: Path) -> Path:
    """Makes a state with a message in it, closes it, gives its file."""
    store = open_store(folder)
    queue(store, 1)
    store.close()
    return folder / "state/engine.db"
