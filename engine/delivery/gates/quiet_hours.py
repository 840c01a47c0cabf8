"""Would it wake somebody?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

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
    minute = case.now.replace(second=0, microsecond=0)
    to, home = case.address.to, case.settings.business.country
    known = zones.known_zone(case.claim.person) if quiet.timezone == zones.RECIPIENT else quiet.timezone
    names = frozenset({known}) if known else zones.of_country(to.country, home)
    quiet_now, until = _look(quiet.from_, quiet.to, names, minute)
    if quiet_now and known is None:
        # Where it is quiet at an edge of the country alone, the number's area may lie elsewhere.
        names = zones.of_number(to.number, to.country, home, case.time_zones)
        quiet_now, until = _look(quiet.from_, quiet.to, names, minute)
    if not quiet_now:
        # It may wait in its sender's lane until the evening: the commit looks again.
        return Verdict(GATE, Action.PASS, where, until=until)
    if until is None:
        return Verdict(GATE, Action.SUPPRESS, where, f"quiet-hours.always: {len(names)} zones are possible")
    return Verdict(GATE, Action.LATER, where, f"quiet-hours.waits: until {until:%Y-%m-%d %H:%M} UTC", until)


def _purpose(claim: Claim) -> Purpose:
    answers_nobody = claim.purpose is Purpose.REPLY and claim.reply_from is None
    return Purpose.MARKETING if answers_nobody else claim.purpose


# Messages come in their thousands within one minute, to the same few sets of zones.
@lru_cache(maxsize=4096)
def _look(start: str, end: str, names: frozenset[str], minute: datetime) -> tuple[bool, datetime | None]:
    """Gives whether it is quiet in any of the zones, and when that changes; None where it does not."""
    window, here = Window.parse(start, end), _zones(names)
    quiet = is_quiet(window, here, minute)
    return quiet, next_allowed(window, here, minute) if quiet else next_quiet(window, here, minute)


def _zones(names: Collection[str]) -> list[ZoneInfo]:
    return [found for name in sorted(names) if (found := zones.zone(name)) is not None]
