"""Quiet hours and local times against a clock that is looked at every minute."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.delivery.wall_clock import Window, everywhere, is_quiet, next_allowed, next_everywhere, next_quiet, shows

MINUTE = timedelta(minutes=1)
ZONES = (
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",  # half an hour off
    "America/Santiago",  # clocks change at midnight
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Europe/London",
    "Asia/Kathmandu",
    "Africa/Casablanca",  # clocks change for Ramadan
    "Pacific/Kiritimati",  # UTC+14
    "Pacific/Pago_Pago",  # UTC-11
    "America/Scoresbysund",
    "UTC",
)
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
WINDOWS = st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: Window(*pair))
SETS = st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True).map(
    lambda names: [ZoneInfo(name) for name in names]
)
CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 8, 10, tzinfo=UTC),  # the United States, an hour is skipped
        datetime(2026, 11, 1, 9, tzinfo=UTC),  # and one is repeated
        datetime(2026, 3, 29, 1, tzinfo=UTC),  # Europe
        datetime(2026, 10, 25, 1, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe
        datetime(2026, 9, 6, 4, tzinfo=UTC),  # Santiago
        datetime(2028, 2, 29, 0, tzinfo=UTC),  # a leap day
        datetime(2026, 12, 31, 23, tzinfo=UTC),
    ]
)
MOMENTS = st.builds(
    lambda around, minutes: around + minutes * MINUTE,
    CHANGES | st.integers(0, 4 * 365 * 24 * 60).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE),
    st.integers(-36 * 60, 36 * 60),
)


def looked_at(window: Window, zones: list[ZoneInfo], moment: datetime) -> datetime | None:
    """Looks at every clock every minute for two days."""
    for n in range(2 * 24 * 60):
        at = moment + n * MINUTE
        walls = [at.astimezone(zone).strftime("%H:%M") for zone in zones]
        start, end = window.start.strftime("%H:%M"), window.end.strftime("%H:%M")
        inside = [start <= wall < end if start < end else wall >= start or wall < end for wall in walls]
        if not any(inside):
            return at
    return None


@settings(max_examples=60, deadline=None)
@given(WINDOWS, SETS, MOMENTS)
@example(Window(time(21), time(8)), [ZoneInfo("America/Los_Angeles")], datetime(2026, 3, 8, 7, tzinfo=UTC))
@example(Window(time(1), time(2, 30)), [ZoneInfo("America/New_York")], datetime(2026, 3, 8, 6, 10, tzinfo=UTC))
@example(Window(time(1, 30), time(1, 45)), [ZoneInfo("America/New_York")], datetime(2026, 11, 1, 5, 40, tzinfo=UTC))
@example(Window(time(0), time(1, 15)), [ZoneInfo("America/New_York")], datetime(2026, 11, 1, 4, 10, tzinfo=UTC))
def test_the_next_allowed_moment_is_the_first_at_which_no_clock_is_inside(
    window: Window, zones: list[ZoneInfo], moment: datetime
) -> None:
    expected = looked_at(window, zones, moment)
    found = next_allowed(window, zones, moment)
    if expected is None:
        assert found is None or found > moment + timedelta(days=2)
    else:
        assert found == expected
        assert not is_quiet(window, zones, found)


@settings(max_examples=40, deadline=None)
@given(WINDOWS, SETS, MOMENTS)
def test_quiet_begins_when_the_first_clock_comes_inside(
    window: Window, zones: list[ZoneInfo], moment: datetime
) -> None:
    found = next_quiet(window, zones, moment)
    minutes = (moment + n * MINUTE for n in range(3 * 24 * 60))
    assert found == next(minute for minute in minutes if is_quiet(window, zones, minute))


@settings(max_examples=60, deadline=None)
@given(MINUTES, SETS, MOMENTS)
def test_a_time_of_day_comes_when_the_last_clock_has_reached_it(
    clock: time, zones: list[ZoneInfo], since: datetime
) -> None:
    found = next_everywhere(clock, zones, since)
    assert since <= found < since + timedelta(days=2)
    walls = [found.astimezone(zone).replace(tzinfo=None) for zone in zones]
    day = min(wall.date() for wall in walls)
    wanted = datetime.combine(day, clock)
    assert all(wall >= wanted for wall in walls)
    # A minute before, it was not yet that late everywhere, but where the clocks repeat an hour.
    before = [(found - MINUTE).astimezone(zone) for zone in zones]
    repeated = any(
        wall.utcoffset() != found.astimezone(zone).utcoffset() for wall, zone in zip(before, zones, strict=True)
    )
    assert repeated or any(wall.replace(tzinfo=None) < wanted for wall in before)


@pytest.mark.parametrize(
    ("wall", "zone", "moment"),
    [
        (datetime(2026, 12, 1, 10), "America/New_York", datetime(2026, 12, 1, 15, tzinfo=UTC)),  # noqa: DTZ001 # a wall
        (datetime(2026, 3, 8, 2, 30), "America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),  # noqa: DTZ001 # skipped
        (datetime(2026, 11, 1, 1, 30), "America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),  # noqa: DTZ001 # the first
        (datetime(2028, 2, 29, 10), "Pacific/Kiritimati", datetime(2028, 2, 28, 20, tzinfo=UTC)),  # noqa: DTZ001 # a wall
    ],
)
def test_what_a_wall_clock_shows(wall: datetime, zone: str, moment: datetime) -> None:
    assert shows(wall, ZoneInfo(zone)) == moment


def test_ten_in_the_morning_everywhere_is_ten_in_the_west() -> None:
    zones = [ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")]
    ten = datetime(2026, 12, 1, 10)  # noqa: DTZ001 # what walls show
    assert everywhere(ten, zones) == datetime(2026, 12, 1, 18, tzinfo=UTC)
    # Half past ten in the east, half past seven in the west: today's is still to come.
    since = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
    assert next_everywhere(time(10), zones, since) == datetime(2026, 12, 1, 18, tzinfo=UTC)
    assert next_everywhere(time(10), zones, datetime(2026, 12, 1, 18, 1, tzinfo=UTC)) == datetime(
        2026, 12, 2, 18, tzinfo=UTC
    )


def test_between_the_ends_of_the_world_it_is_always_night_somewhere() -> None:
    zones = [ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]
    assert next_allowed(Window(time(20), time(9)), zones, datetime(2026, 6, 1, tzinfo=UTC)) is None
