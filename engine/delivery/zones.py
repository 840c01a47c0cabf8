"""Where on the clock a recipient could be.

Countries' zones come from the time zone database's own table (zone.tab, in the `tzdata` package), which names every
zone that some inhabited part of a country keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from engine.types import Person

RECIPIENT = "recipient"
ATTRIBUTE = "timezone"
"""The attribute of a person that names their zone, where it is known."""


@cache
def zones_by_country() -> Mapping[str, frozenset[str]]:
    """Gives the IANA zones of every country, by its ISO 3166-1 code."""
    found: dict[str, set[str]] = {}
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found.setdefault(country, set()).add(zone)
    return {country: frozenset(zones) for country, zones in found.items()}


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Gives a zone of the time zone database, None for what is no name of one."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # ZoneInfoNotFoundError is a KeyError; a name of a folder, or one with odd characters, raises the others.
        return None


def known_zone(person: Person | None) -> str | None:
    """Gives the zone that a person is known to be in; None where there is none, or no such zone."""
    named = person.attributes.get(ATTRIBUTE) if person is not None else None
    return named if isinstance(named, str) and zone(named) is not None else None


def of_country(country: str | None, home: str) -> frozenset[str]:
    """Gives the zones of a number's country, or of the business's where the number has none; UTC where neither has."""
    table = zones_by_country()
    return table.get(country or "") or table.get(home) or frozenset({"UTC"})


def of_number(number: str, country: str | None, home: str, ask: Callable[[str], Sequence[str]]) -> frozenset[str]:
    """Gives every zone that a number could be in: those of its area, as far as they lie in its country.

    Numbers that tell no area come with the zones of everybody who shares the calling code: of +1, from Bermuda to
    Guam. Where nothing is known, it is anywhere in its country.
    """
    everywhere = of_country(country, home)
    named = frozenset(name for name in ask(number) if zone(name) is not None)
    return (named & everywhere) or everywhere
