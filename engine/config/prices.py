"""What a message costs, as far as it is known: the user's own prices, over a dated table of list prices.

An estimate: carriers' fees differ by carrier, accounts have discounts, and taxes come on top. What is unknown is
unknown, never nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

from engine.caps import Cost
from engine.config.settings_models import Price, WorkspaceConfig
from engine.config.values import Money


@dataclass(frozen=True, slots=True)
class ListPrices:
    """List prices by country, with where and when they were read."""

    source: str
    as_of: str
    prices: Mapping[str, Price]


@cache
def list_prices() -> ListPrices:
    """Gives the table that is shipped with Engine."""
    data = json.loads(resources.files("engine.config").joinpath("prices.json").read_text(encoding="utf-8"))
    prices = {country: Price.model_validate(price) for country, price in data["prices"].items()}
    return ListPrices(data["source"], data["as_of"], prices)


def price(settings: WorkspaceConfig, country: str | None, kind: Literal["sms", "mms"]) -> Money | None:
    """Gives the price of a segment (sms) or a message (mms) to a country, None where it is unknown."""
    for prices in (settings.prices, list_prices().prices):
        own = prices.get(country or "")
        if own is not None and (found := getattr(own, kind)) is not None:
            return found  # type: ignore[no-any-return] # both fields are Money or None
    return None


def cost(settings: WorkspaceConfig, country: str | None, *, segments: int, mms: bool) -> Cost | None:
    """Gives what a message costs: its segments at their price, an MMS at its own. None where that is unknown."""
    found = price(settings, country, "mms" if mms else "sms")
    return None if found is None else Cost(found.amount * (1 if mms else segments), found.currency)


def dearest(settings: WorkspaceConfig, currency: str) -> Decimal | None:
    """Gives the highest known price in a currency: what a limit counts for what has no price of its own."""
    prices = [*settings.prices.values(), *list_prices().prices.values()]
    known = [money for one in prices for money in (one.sms, one.mms) if money is not None]
    return max((money.amount for money in known if money.currency == currency), default=None)


def unpriced(settings: WorkspaceConfig) -> list[str]:
    """Gives the audience's countries whose texts have no price in the currency of `limits.spend`."""
    limit = settings.limits.spend
    if limit is None:
        return []
    found = {country: price(settings, country, "sms") for country in settings.countries}
    return [country for country, money in found.items() if money is None or money.currency != limit.currency]
