"""How many texts came of late: kept in memory by each process, and true for all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest
from state_file import open_store

from engine.store import Store
from engine.testing.store.base import NOW, SECOND, number, person
from engine.texts import Arrival, Texter
from engine.types import InboundMessage

SUPPORT = "+14155550100"
WINDOW = 30 * SECOND


def text(store: Store, name: str, *, at: datetime = NOW, n: int = 1) -> None:
    assert store.record_inbound("acme", InboundMessage(name, number(n), SUPPORT, "hi"), at=at, outcome={}) is not None


def lately(store: Store, now: datetime, n: int = 1) -> int:
    (met,) = store.acquaintances([Texter("acme", number(n), SUPPORT)], since=now - WINDOW)
    return met.lately


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    store = open_store(folder)
    try:
        yield store
    finally:
        store.close()


def test_texts_that_another_process_took_in_count(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        for turn in range(4):
            text(one, f"one {turn}")
            text(other, f"other {turn}")
            assert (lately(one, NOW), lately(other, NOW)) == (2 * turn + 2, 2 * turn + 2)
        with opened(tmp_path) as late:
            assert lately(late, NOW) == 8, "also for one that has just started"


def test_a_text_that_was_not_recorded_after_all_does_not_count(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        text(store, "kept")
        with pytest.raises(ValueError, match="all is off"):
            _lose(store)
        assert lately(store, NOW) == 1
        text(store, "another")
        assert lately(store, NOW) == 2


def _lose(store: Store) -> None:
    with store.together():
        text(store, "lost")
        assert lately(store, NOW) == 2
        raise ValueError("all is off")


def test_time_that_passes_sweeps_and_a_clock_that_went_back_finds_all(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for minute in range(5):
            now = NOW + minute * 60 * SECOND
            for n in range(3):
                text(store, f"{minute}.{n}", at=now + n * SECOND)
            assert lately(store, now + 2 * SECOND) == 3
            assert lately(store, now + 31 * SECOND) == 1, "after the beginning of the window, not at it"
        assert lately(store, NOW + 2 * SECOND) == 15, "all that came after the window of an hour ago began"


def test_who_was_erased_has_no_texts(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path) as other:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        for n in range(50):
            text(store, f"SM{n}", n=1 + n % 2)
        assert lately(other, NOW) == 25
        assert store.erase_person("acme", "ada", at=NOW)
        assert [one.number for one in store.texts()] == [None, number(2)] * 25
        assert {one.body for one in store.texts() if one.number is None} == {None}


def test_nothing_of_a_large_transaction_lies_outside_the_state_s_folder(tmp_path: Path) -> None:
    def others() -> list[str]:
        found = []
        for descriptor in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):  # the descriptor of the look itself
                found.append(str(descriptor.readlink()))
        return [path for path in found if "etilqs" in path]

    def arrivals(first: int) -> list[Arrival]:
        texts = [InboundMessage(f"SM{first + n}", number(n % 90), SUPPORT, "words " * 60) for n in range(600)]
        return [Arrival("acme", one, {}, (), None, None) for one in texts]

    with opened(tmp_path) as store:
        for first in range(0, 3000, 600):
            with store.together():
                store.record_texts(arrivals(first), at=NOW)
                store.upsert_people([person(f"p{n}", number(n % 90)) for n in range(600)], at=NOW)
                assert others() == []
