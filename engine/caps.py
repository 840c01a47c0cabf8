"""Caps on what is sent and what it costs, as the `Store` keeps them.

A cap is checked in the transaction that lets a message go, so that no two workers can pass it together. Each message
counts once, at its first attempt: an attempt that failed is not given back, and a retry does not count again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from engine.record import record

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate of what a message costs."""

    amount: Decimal
    currency: str

    @property
    def millionths(self) -> int:
        """The amount in millionths of the currency, rounded up."""
        return _millionths(self.amount)


@lru_cache(maxsize=1024)
def _millionths(amount: Decimal) -> int:
    return int((amount / MILLIONTH).to_integral_value("ROUND_CEILING"))


class CapKind(StrEnum):
    PER_PERSON = "per-person"
    PER_PREFIX = "per-prefix"
    SPEND = "spend"
    SAME_TEXT = "same-text"


@record
class Cap:
    """At most so much in any stretch of `per`, for whatever has the same key."""

    kind: CapKind
    key: str  # the number, its prefix, the currency, or a digest of number and text
    amount: int  # of this message: 1, or its cost in millionths of the currency
    most: int
    per: timedelta
    rule: str  # where the config says so, for `explain`
    said: str  # as the config says it, e.g. 3/24h

    @property
    def reason(self) -> str:
        """The reason of a message that is over the cap."""
        return REASONS[self.kind] + f": {self.said}"


REASONS = {
    CapKind.PER_PERSON: "limits.per-person",
    CapKind.PER_PREFIX: "limits.per-prefix",
    CapKind.SPEND: "limits.spend",
    CapKind.SAME_TEXT: "duplicate.text",
}
TOO_DEAR = "limits.too-dear"
"""The reason of a message that alone costs more than is ever allowed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a workspace's messages have cost, by the estimate made when each was let go."""

    workspace: str
    costs: tuple[Cost, ...]  # by currency
    unpriced: int  # messages whose cost is unknown; they are in none of the sums


class Spending(ABC):
    """The part of the `Store` that knows what was spent."""

    @abstractmethod
    def spent(self, *, since: datetime) -> Sequence[Spent]:
        """Gives what each workspace has spent since a moment, to the minute; at most 31 days are kept."""
