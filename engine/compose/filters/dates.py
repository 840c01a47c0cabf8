"""Filters on dates. `"now"` is the moment of composing; a date without a zone is UTC, as in Customer.io.

Directives are those of strftime, carried out here: the C library's depend on the machine's language, and a width such
as `%99999999d` would fill the memory.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liquid import RenderContext
from liquid.exceptions import FilterArgumentError
from liquid.filter import int_arg, with_context

from engine.compose.tags import printed

LONGEST = 64
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = tuple(calendar.month_name)[1:]
_FORMATS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M %z")
_DIRECTIVE = re.compile(r"%([-_0^#]?)([A-Za-z%])")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")


@with_context
def format_date(value: Any, pattern: object = None, zone: object = None, *, context: RenderContext) -> str:
    """Gives a date in a strftime pattern, in a time zone: an IANA name, or an offset such as `-05:00`."""
    moment = read(value, context, zone)
    if pattern is None:
        return moment.isoformat()
    return _DIRECTIVE.sub(lambda found: _directive(moment, found[1], found[2]), printed(pattern))


@with_context
def date_to_string(value: Any, *, context: RenderContext) -> str:
    """Gives a date as `07 Nov 2026`."""
    return _fill(read(value, context), "%d %b %Y")


@with_context
def date_to_long_string(value: Any, *, context: RenderContext) -> str:
    """Gives a date as `07 November 2026`."""
    return _fill(read(value, context), "%d %B %Y")


@with_context
def date_to_rfc822(value: Any, *, context: RenderContext) -> str:
    """Gives a date as in an e-mail: `Sat, 07 Nov 2026 18:00:00 +0000`."""
    return format_datetime(read(value, context))


@with_context
def date_to_xmlschema(value: Any, *, context: RenderContext) -> str:
    """Gives a date as ISO 8601: `2026-11-07T18:00:00+00:00`."""
    return read(value, context).isoformat()


def moved(months: int = 0, days: int = 0) -> Callable[..., int]:
    """Gives a filter that moves a date by so many units, to Unix seconds; a day that a month lacks is its last one."""

    @with_context
    def move(value: Any, count: object = 1, *, context: RenderContext) -> int:
        moment, times = read(value, context), int_arg(count)
        try:
            month = moment.month - 1 + months * times
            year, month = moment.year + month // 12, month % 12 + 1
            day = min(moment.day, calendar.monthrange(year, month)[1])
            return int((moment.replace(year=year, month=month, day=day) + timedelta(days=days * times)).timestamp())
        except (ValueError, OverflowError, calendar.IllegalMonthError) as error:
            raise FilterArgumentError("this date is out of reach", token=None) from error

    return move


def read(value: Any, context: RenderContext, zone: object = None) -> datetime:
    """Gives the moment that a value is: Unix seconds, ISO 8601, RFC 2822, or like `March 1, 2026`.

    Raises FilterArgumentError.
    """
    moment = _moment(value, context)
    if moment is None:
        raise FilterArgumentError(f"{printed(value)[:LONGEST]!r} is not a date", token=None)
    wanted = UTC if zone is None else _zone(zone)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(wanted)
    except (ValueError, OverflowError) as error:
        raise FilterArgumentError("this date is out of reach", token=None) from error


def _moment(value: Any, context: RenderContext) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = printed(value).strip()
    if len(text) > LONGEST or isinstance(value, bool):
        return None
    if text in ("now", "today"):
        now = getattr(context, "now", None)
        return now if isinstance(now, datetime) else None
    if re.fullmatch(r"-?\d{5,12}(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _other(text)


def _other(text: str) -> datetime | None:
    for pattern in _FORMATS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 # without a zone it is UTC, which `read` adds
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _zone(value: object) -> tzinfo:
    name = printed(value).strip()
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FilterArgumentError(f"{name[:LONGEST]!r} is not a time zone", token=None) from error


def _fill(moment: datetime, pattern: str) -> str:
    return _DIRECTIVE.sub(lambda found: _directive(moment, found[1], found[2]), pattern)


def _directive(moment: datetime, flag: str, letter: str) -> str:
    if letter in _COMPOUND:
        return _fill(moment, _COMPOUND[letter])
    if letter in _WORDS:
        word = _WORDS[letter](moment)
        return word.upper() if flag in ("^", "#") and flag else word
    if letter not in _NUMBERS:
        raise FilterArgumentError(f"%{letter} is no directive of a date", token=None)
    width, pad, number = _NUMBERS[letter]
    text = str(number(moment))
    if flag == "-":
        return text
    return text.rjust(width, {"_": " ", "0": "0"}.get(flag, pad))


def _hour12(moment: datetime) -> int:
    return moment.hour % 12 or 12


_COMPOUND = {
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "X": "%H:%M:%S",
    "c": "%a %b %e %H:%M:%S %Y",
    "h": "%b",
    "r": "%I:%M:%S %p",
    "v": "%e-%b-%Y",
    "x": "%m/%d/%y",
}
_WORDS: dict[str, Callable[[datetime], str]] = {
    "%": lambda _: "%",
    "A": lambda moment: _DAYS[moment.weekday()],
    "B": lambda moment: _MONTHS[moment.month - 1],
    "P": lambda moment: "am" if moment.hour < 12 else "pm",
    "Z": lambda moment: moment.tzname() or "",
    "a": lambda moment: _DAYS[moment.weekday()][:3],
    "b": lambda moment: _MONTHS[moment.month - 1][:3],
    "n": lambda _: "\n",
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "t": lambda _: "\t",
    "z": lambda moment: f"{moment:%z}",
}
_NUMBERS: dict[str, tuple[int, str, Callable[[datetime], int]]] = {
    "C": (2, "0", lambda moment: moment.year // 100),
    "G": (4, "0", lambda moment: moment.isocalendar().year),
    "H": (2, "0", lambda moment: moment.hour),
    "I": (2, "0", _hour12),
    "L": (3, "0", lambda moment: moment.microsecond // 1000),
    "M": (2, "0", lambda moment: moment.minute),
    "N": (9, "0", lambda moment: moment.microsecond * 1000),
    "S": (2, "0", lambda moment: moment.second),
    "U": (2, "0", lambda moment: (moment.timetuple().tm_yday + 6 - (moment.weekday() + 1) % 7) // 7),
    "V": (2, "0", lambda moment: moment.isocalendar().week),
    "W": (2, "0", lambda moment: (moment.timetuple().tm_yday + 6 - moment.weekday()) // 7),
    "Y": (4, "0", lambda moment: moment.year),
    "d": (2, "0", lambda moment: moment.day),
    "e": (2, " ", lambda moment: moment.day),
    "j": (3, "0", lambda moment: moment.timetuple().tm_yday),
    "k": (2, " ", lambda moment: moment.hour),
    "l": (2, " ", _hour12),
    "m": (2, "0", lambda moment: moment.month),
    "s": (1, "0", lambda moment: int(moment.timestamp())),
    "u": (1, "0", lambda moment: moment.isoweekday()),
    "w": (1, "0", lambda moment: moment.isoweekday() % 7),
    "y": (2, "0", lambda moment: moment.year % 100),
}

FILTERS: dict[str, Callable[..., Any]] = {
    "add_day": moved(days=1),
    "add_month": moved(months=1),
    "add_year": moved(months=12),
    "date": format_date,
    "date_to_long_string": date_to_long_string,
    "date_to_rfc822": date_to_rfc822,
    "date_to_string": date_to_string,
    "date_to_xmlschema": date_to_xmlschema,
    "subtract_day": moved(days=-1),
    "subtract_month": moved(months=-1),
    "subtract_year": moved(months=-12),
}
