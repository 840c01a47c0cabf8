"""The measured rate over any ten seconds never exceeds the configured one, and comes to 98 % of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.delivery.pace import CATCH_UP, GRAIN, ROOM, WINDOW, Pace

rates = st.sampled_from([0.05, 0.5, 1.0, 3.0, 7.3, 100.0])
lateness = st.floats(0, 0.2)
"""Seconds by which an event loop wakes up late, or an event arrives."""


def spend(pace: Pace, segments: int, now: float) -> None:
    """A message has its turn and leaves at once."""
    pace.leave(pace.take_turn(segments, now), now)


@settings(deadline=None, max_examples=50)
@given(rate=rates, messages=st.lists(st.tuples(st.integers(1, 10), lateness), min_size=1, max_size=300))
def test_no_ten_seconds_hold_more_than_the_rate_allows(rate: float, messages: list[tuple[int, float]]) -> None:
    pace, now = Pace(rate), 0.0
    went: list[tuple[float, int]] = []
    for segments, late in messages:
        while (delay := pace.delay(now, segments)) > 0:
            now += delay + late
        spend(pace, segments, now)
        went.append((now, segments))
    for begin, _ in went:
        inside = [segments for at, segments in went if begin <= at < begin + WINDOW]
        # A message that is longer than a whole window's worth has one to itself.
        assert sum(inside) <= rate * WINDOW or len(inside) == 1


@settings(deadline=None, max_examples=15)
@given(change=st.sampled_from([0.1, 0.5, 2.0, 3.0]), at=st.floats(1, 30))
def test_a_rate_may_change_at_any_moment(change: float, at: float) -> None:
    pace, now = Pace(10.0), 0.0
    went: list[tuple[float, float]] = []
    while now < 40:
        pace.segments_a_second = 10.0 if now < at else 10.0 * change
        if (delay := pace.delay(now)) > 0:
            now += delay
            continue
        spend(pace, 1, now)
        went.append((now, 1 / pace.segments_a_second))
    for begin, _ in went:
        assert sum(took for moment, took in went if begin <= moment < begin + WINDOW) <= WINDOW + 1e-6


@settings(deadline=None, max_examples=30)
@given(holdups=st.lists(st.floats(0, 3), min_size=1, max_size=30))
def test_what_counts_is_when_messages_left(holdups: list[float]) -> None:
    """A commit holds up some batches, and those behind it leave together with them."""
    pace, now, until = Pace(10.0), 0.0, 0.0
    turns: list[tuple[float, int]] = []  # when each leaves, what it costs
    went: list[float] = []
    while len(went) < 400:
        leaving = min((at for at, _ in turns), default=now + GRAIN)
        now = max(now, min(leaving, now + max(GRAIN, pace.delay(now))))
        for at, cost in [turn for turn in turns if turn[0] <= now]:
            turns.remove((at, cost))
            pace.leave(cost, now)
            went.append(now)
        if pace.delay(now) == 0:
            until = max(until, now + holdups[len(went) % len(holdups)])
            turns.append((until, pace.take_turn(1, now)))
    for begin in went:
        assert sum(begin <= at < begin + WINDOW for at in went) <= 10.0 * WINDOW


def test_a_message_that_never_left_gives_its_share_back() -> None:
    pace = Pace(1.0)
    for _ in range(30):
        pace.refund(pace.take_turn(1, 0.0))
    assert pace.delay(60.0) == 0


@pytest.mark.parametrize("rate", [1.0, 3.0, 100.0, 1000.0])
def test_a_paced_lane_reaches_its_rate_despite_late_wake_ups(rate: float) -> None:
    pace, now, sent = Pace(rate), 0.0, 0
    while now < 30:
        if (delay := pace.delay(now)) > 0:
            now += delay + 0.0007  # a late wake-up, as event loops have them
            continue
        spend(pace, 1, now)
        sent += 1
    assert sent >= 0.98 * rate * 30


def test_a_long_message_waits_after_itself_not_before() -> None:
    pace = Pace(1.0)
    assert pace.delay(100.0, 5) == 0
    spend(pace, 5, 100.0)
    assert pace.delay(100.0) == pytest.approx(5 * (1 + ROOM / WINDOW) - CATCH_UP)


def test_a_message_longer_than_a_window_goes_alone() -> None:
    pace = Pace(0.1)
    assert pace.delay(0.0, 3) == 0
    spend(pace, 3, 0.0)
    assert 0 < pace.delay(0.0, 3) <= 3 / 0.1 * (1 + ROOM / WINDOW)


def test_memory_does_not_grow_with_the_rate() -> None:
    pace, now = Pace(1_000_000.0), 0.0
    for _ in range(60_000):
        spend(pace, 1, now)
        now += 0.001
    assert len(pace._gone) <= (WINDOW + ROOM) / GRAIN + 1
