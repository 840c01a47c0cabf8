"""Would it wake somebody?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.config.models import QuietHours
from engine.delivery import zones
from engine.delivery.gates.answers import answers
from engine.delivery.gates.verdict import Action, Case, Verdict, rule
from engine.delivery.wall_clock import Window, is_quiet, next_allowed, next_quiet
from engine.outbox import Claim
from engine.types import Purpose

GATE = "quiet-hours"


def quiet_hours(case: Case) -> Verdict | None:
    """Keeps messages back while it is quiet in any zone that their recipient could be in.

    Exempt is what answers somebody who has just written, whatever its template's purpose. A template of purpose
    `reply` that answers nobody is no answer: it waits as marketing does.
    """
    quiet = case.settings.quiet_hours
    if quiet is None or _purpose(case.claim) not in quiet.purposes or answers(case.claim, case.now):
        return None
    where = rule(case, "quiet_hours")
    window = _window(quiet)
    minute = case.now.replace(second=0, microsecond=0)
    to, home = case.address.to, case.settings.business.country
    known = zones.known_zone(case.claim.person) if quiet.timezone == zones.RECIPIENT else quiet.timezone
    if known is None and not _is_quiet(window, zones.of_country(to.country, home), minute):
        # Not even at an edge of the country: then the number's area need not be looked up.
        return _passes(where, window, zones.of_country(to.country, home), minute)
    names = frozenset({known}) if known else zones.of_number(to.number, to.country, home, case.time_zones)
    if not _is_quiet(window, names, minute):
        return _passes(where, window, names, minute)
    until = _next_allowed(window, names, minute)
    if until is None:
        return Verdict(GATE, Action.SUPPRESS, where, f"quiet-hours.always: {len(names)} zones are possible")
    return Verdict(GATE, Action.LATER, where, f"quiet-hours.waits: until {until:%Y-%m-%d %H:%M} UTC", until)


def _passes(where: str, window: Window, names: frozenset[str], minute: datetime) -> Verdict:
    # It may wait in its sender's lane until the evening: the commit looks again.
    return Verdict(GATE, Action.PASS, where, until=_next_quiet(window, names, minute))


def _purpose(claim: Claim) -> Purpose:
    answers_nobody = claim.purpose is Purpose.REPLY and claim.reply_from is None
    return Purpose.MARKETING if answers_nobody else claim.purpose


@lru_cache(maxsize=256)
def _parsed(start: str, end: str) -> Window:
    return Window.parse(start, end)


def _window(quiet: QuietHours) -> Window:
    return _parsed(quiet.from_, quiet.to)


# Messages come in their thousands within one minute, to the same few sets of zones.
@lru_cache(maxsize=4096)
def _is_quiet(window: Window, names: frozenset[str], minute: datetime) -> bool:
    return is_quiet(window, _zones(names), minute)


@lru_cache(maxsize=4096)
def _next_allowed(window: Window, names: frozenset[str], minute: datetime) -> datetime | None:
    return next_allowed(window, _zones(names), minute)


@lru_cache(maxsize=4096)
def _next_quiet(window: Window, names: frozenset[str], minute: datetime) -> datetime | None:
    return next_quiet(window, _zones(names), minute)


def _zones(names: Collection[str]) -> list[ZoneInfo]:
    return [found for name in sorted(names) if (found := zones.zone(name)) is not None]
