"""Moments at which clocks on walls show something: quiet hours, and ten in the morning where somebody lives.

A wall clock skips an hour in spring and repeats one in autumn. What it shows decides: an hour that is skipped was
never quiet, one that is repeated is quiet twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
HORIZON = timedelta(days=3)
"""How far ahead to look for a moment that is not quiet. Days are alike but for those on which clocks change."""


@dataclass(frozen=True, slots=True)
class Window:
    """The quiet part of each day; `start` is quiet, `end` no longer. It may straddle midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, start: str, end: str) -> Window:
        """Gives the window between two times like 21:00 and 08:00, which differ."""
        return cls(time.fromisoformat(start), time.fromisoformat(end))

    def holds(self, wall: time) -> bool:
        """True while a clock that shows `wall` is inside."""
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end


def is_quiet(window: Window, zones: Iterable[ZoneInfo], moment: datetime) -> bool:
    """True where a moment lies inside the window in any of the zones."""
    return any(window.holds(moment.astimezone(zone).time()) for zone in zones)


def next_allowed(window: Window, zones: Iterable[ZoneInfo], moment: datetime) -> datetime | None:
    """Gives the earliest moment, `moment` itself or later, that is outside the window in every zone, in UTC.

    None where there is none: zones that lie so far apart that it is always night somewhere.
    """
    keep = list(zones)
    found = moment.astimezone(UTC)
    while found <= moment + HORIZON:
        later = max((_end(window, zone, found) for zone in keep), default=found)
        if later == found:
            return found
        found = later
    return None


def next_quiet(window: Window, zones: Iterable[ZoneInfo], moment: datetime) -> datetime | None:
    """Gives the earliest moment, `moment` itself or later, that is inside the window in any of the zones, in UTC."""
    rest = Window(window.end, window.start)
    return min((found for zone in zones if (found := next_allowed(rest, [zone], moment)) is not None), default=None)


def _end(window: Window, zone: ZoneInfo, moment: datetime) -> datetime:
    """Gives when the window ends in a zone that is inside it; the moment itself where it is not."""
    wall = moment.astimezone(zone)
    if not window.holds(wall.time()):
        return moment
    shown = wall.replace(tzinfo=None)
    end = datetime.combine(shown.date(), window.end)
    if end <= shown:
        end += DAY
    until = moment + (end - shown)
    if until.astimezone(zone).utcoffset() == wall.utcoffset():
        return until
    return _change(zone, moment, until)


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """Gives when the clocks of a zone change between two moments; they do so on whole seconds."""
    old = before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def shows(wall: datetime, zone: ZoneInfo) -> datetime:
    """Gives the first moment, in UTC, at which a clock shows `wall` or, where it skips that, later than it."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # A skipped hour: of the two readings, the one before and the one after the change, it is the change itself.
    return _change(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment)


def everywhere(wall: datetime, zones: Iterable[ZoneInfo]) -> datetime:
    """Gives the first moment, in UTC, at which it is `wall` or later in every zone."""
    return max(shows(wall, zone) for zone in zones)


def next_everywhere(clock: time, zones: Iterable[ZoneInfo], since: datetime) -> datetime:
    """Gives the first moment, `since` or later, at which it has just become `clock` in the last of the zones."""
    keep = list(zones)
    day: date = since.astimezone(UTC).date() - 2 * DAY
    while (found := everywhere(datetime.combine(day, clock), keep)) < since:
        day += DAY
    return found
