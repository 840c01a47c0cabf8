"""The embedded store as a plugin: found through its entry point like any other, and always loaded."""

from __future__ import annotations

from collections.abc import Iterable

from engine.hookspecs import hookimpl
from engine.store import Store


@hookimpl
def register_stores() -> Iterable[type[Store]]:
    """Offers the store for `sqlite:` URLs."""
    from engine.state.sqlite import SqliteStore

    return (SqliteStore,)
