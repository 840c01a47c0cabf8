"""The embedded store keeps the contract of `engine.store`."""

from __future__ import annotations

from engine.state.sqlite import SqliteStore
from engine.testing.store import StoreConformance


class TestSqlite(StoreConformance):
    store_class = SqliteStore
