"""The small values of the config language: durations, rates, limits. Parsed once, printed back as written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(value: object) -> timedelta:
    """Gives the duration that a text like `90d`, `4h`, `5m` or `120s` is. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"(\d{1,9})([smhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("must be a duration: a whole number and s, m, h or d, like 90d or 4h")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


@lru_cache(maxsize=256)
def print_duration(value: timedelta) -> str:
    """Gives a duration in its largest whole unit."""
    seconds = int(value.total_seconds())
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(print_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}[smhd]$", "examples": ["90d", "4h", "5m", "120s"]}),
]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long: `3/24h`, `75/s`."""

    count: int
    per: timedelta

    def __str__(self) -> str:
        per = print_duration(self.per)
        return f"{self.count}/{per[1:] if per in ('1s', '1m', '1h', '1d') else per}"

    @property
    def per_second(self) -> float:
        """The rate as a number a second."""
        return self.count / self.per.total_seconds()

    @classmethod
    def parse(cls, value: object) -> Rate:
        """Gives the rate that a text is. Raises ValueError."""
        if isinstance(value, Rate):
            return value
        found = re.fullmatch(r"(\d{1,9})/(\d{0,9})([smhd])", value) if isinstance(value, str) else None
        if found is None or int(found[1]) == 0 or (found[2] and int(found[2]) == 0):
            raise ValueError("must be a rate: a number, a slash and a time, like 1/s or 3/24h")
        return cls(int(found[1]), timedelta(seconds=int(found[2] or 1) * _UNITS[found[3]]))


RateField = Annotated[
    Rate,
    BeforeValidator(Rate.parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}/\d{0,9}[smhd]$", "examples": ["1/s", "3/24h"]}),
]


@dataclass(frozen=True, slots=True)
class Spend:
    """So much money in so long: `200 USD/24h`."""

    amount: Decimal
    currency: str
    per: timedelta

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}/{print_duration(self.per)}"

    @classmethod
    def parse(cls, value: object) -> Spend:
        """Gives the spending limit that a text is. Raises ValueError."""
        if isinstance(value, Spend):
            return value
        found = (
            re.fullmatch(r"(\d{1,9}(?:\.\d{1,4})?) ([A-Z]{3})/(\d{1,9}[smhd])", value)
            if isinstance(value, str)
            else None
        )
        if found is None:
            raise ValueError("must be an amount, a currency and a time, like 200 USD/24h")
        return cls(Decimal(found[1]), found[2], parse_duration(found[3]))


SpendField = Annotated[
    Spend,
    BeforeValidator(Spend.parse),
    PlainSerializer(str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,4})? [A-Z]{3}/\d{1,9}[smhd]$", "examples": ["200 USD/24h"]}
    ),
]


@dataclass(frozen=True, slots=True)
class Money:
    """So much money: `0.0083 USD`."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @classmethod
    def parse(cls, value: object) -> Money:
        """Gives the money that a text is. Raises ValueError."""
        if isinstance(value, Money):
            return value
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?) ([A-Z]{3})", value) if isinstance(value, str) else None
        if found is None:
            raise ValueError("must be an amount and a currency, like 0.0083 USD")
        return cls(Decimal(found[1]), found[2])


MoneyField = Annotated[
    Money,
    BeforeValidator(Money.parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,9}(\.\d{1,6})? [A-Z]{3}$", "examples": ["0.0083 USD"]}),
]


def one_or_many(value: Any) -> Any:
    """Lets a list of one be written without brackets."""
    return [value] if isinstance(value, str) else value
