"""The queue between answers and the state: bounded, in order, and never short of a click."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine.clicks import Click, RecordedClick
from engine.errors import StateUnavailable
from engine.web import click_log
from engine.web.click_log import ClickLog

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)


def click(n: int) -> Click:
    return Click(f"https://go.acme.example/{n}", NOW + timedelta(seconds=n))


class State:
    """Takes clicks; `closed` it takes none, and `refusals` count how often it did not."""

    def __init__(self) -> None:
        self.kept: list[Click] = []
        self.batches = 0
        self.refusals = 0
        self.open = threading.Event()
        self.open.set()

    def record(self, clicks: Sequence[Click]) -> Sequence[RecordedClick]:
        if not self.open.is_set():
            self.refusals += 1
            raise StateUnavailable("the disk is full")
        self.kept += clicks
        self.batches += 1
        return ()


def until(done: object, seconds: float = 10) -> None:
    """Waits until a condition holds."""
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def offered(log: ClickLog, clicks: Sequence[Click]) -> int:
    """Offers clicks until one finds no room; gives how many did."""
    for n, one in enumerate(clicks):
        if not log.offer(one):
            return n
    return len(clicks)


def test_clicks_are_written_in_few_batches_and_in_order() -> None:
    state = State()
    log = ClickLog(state.record, lambda _: None, every=0.05)
    log.start()
    clicks = [click(n) for n in range(5_000)]
    assert offered(log, clicks) == len(clicks)
    until(lambda: len(state.kept) == len(clicks))
    assert state.kept == clicks
    assert state.batches < 100
    log.close()


def test_the_last_ones_are_written_at_the_end() -> None:
    state = State()
    log = ClickLog(state.record, lambda _: None, every=3600)
    log.start()
    assert log.offer(click(1))
    log.close()
    assert state.kept == [click(1)]


def test_what_finds_no_room_is_said_and_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click_log, "TRY_AGAIN", 0.01)
    state = State()
    state.open.clear()
    log = ClickLog(state.record, lambda _: None, room=10, every=0.01)
    log.start()
    clicks = [click(n) for n in range(100)]
    taken = offered(log, clicks[:1])
    until(lambda: state.refusals > 2)
    while taken < 100 and log.offer(clicks[taken]):
        taken += 1
    assert taken == 11, "one batch that the state refuses, and a full queue"
    state.open.set()
    for one in clicks[taken:]:
        until(lambda one=one: log.offer(one))
    log.close()
    assert state.kept == clicks


def test_what_cannot_be_written_at_the_end_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(click_log, "TRY_AGAIN", 0.01)
    state = State()
    state.open.clear()
    log = ClickLog(state.record, lambda _: None, every=0.01)
    log.start()
    assert offered(log, [click(1), click(2)]) == 2
    with caplog.at_level(logging.WARNING, logger="engine.web"):
        log.close()
    assert [record.levelname for record in caplog.records][-1] == "ERROR"
    assert state.kept == []


def test_a_failure_does_not_end_the_writing(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[Click] = []

    def record(clicks: Sequence[Click]) -> Sequence[RecordedClick]:
        if clicks[0] == click(1):
            raise ValueError("a bug")
        kept.extend(clicks)
        return ()

    log = ClickLog(record, lambda _: None, every=0.01)
    log.start()
    log.offer(click(1))
    until(lambda: caplog.records)
    log.offer(click(2))
    log.close()
    assert kept == [click(2)]


def test_plugins_are_told_after_the_clicks_are_kept() -> None:
    kept = RecordedClick("msg_1", "acme", "welcome", "ada", 0, "https://acme.example", NOW)
    told: list[RecordedClick] = []
    log = ClickLog(lambda _: [kept], told.extend, every=0.01)
    log.start()
    log.offer(click(1))
    log.close()
    assert told == [kept]
