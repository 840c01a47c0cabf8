"""Numbers that are kept free for examples."""

from __future__ import annotations

from functools import cache

from phonenumbers import parse, region_code_for_number


def phone(number: int) -> str:
    """Gives one of them; there are 100 in each area of the United States and Canada."""
    areas = _areas()
    return f"+1{areas[number // 100 % len(areas)]}55501{number % 100:02}"


@cache
def _areas() -> tuple[int, ...]:
    regions = {area: region_code_for_number(parse(f"+1{area}5550100")) for area in range(201, 990)}
    return tuple(area for area, region in regions.items() if region in ("US", "CA"))
