"""Filters on numbers and money, with locales as in Customer.io: `{{ 10 | currency: "en-us" }}` gives `$10.00`."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from liquid.exceptions import FilterArgumentError

from engine.compose.tags import printed

if TYPE_CHECKING:
    from babel import Locale

MOST_DIGITS = 40
_NO_BREAK = str.maketrans({"\u00a0": " ", "\u202f": " "})
"""Locales put spaces between digits that GSM-7 does not have: one of them would make a whole text UCS-2."""


def format_number(value: object, locale: object = "en-us") -> str:
    """Gives a number as it is written in a locale: `1234.5` → `1,234.5`, with `de` `1.234,5`."""
    from babel.numbers import format_decimal

    number = read(value)
    decimals = max(-int(number.as_tuple().exponent), 0)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(number, format=pattern, locale=_locale(locale)).translate(_NO_BREAK)


def currency(value: object, first: object = "en-us", second: object = None, *, locale: object = None) -> str:
    """Gives an amount in a locale's way and currency: `"en-gb"` → `£10.00`; another currency by its code: `"EUR"`."""
    return _amount(read(value), first, second, locale, decimals=None)


def rounded_currency(value: object, first: object = "en-us", second: object = None, *, locale: object = None) -> str:
    """Gives an amount of money without its decimals, rounded half up."""
    return _amount(read(value), first, second, locale, decimals=0)


def read(value: Any) -> Decimal:
    """Gives the number that a value is. Raises FilterArgumentError."""
    text = printed(value).strip()
    try:
        number = Decimal(text) if len(text) <= MOST_DIGITS else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        raise FilterArgumentError(f"{text[:MOST_DIGITS]!r} is not a number", token=None)
    return number


def _amount(number: Decimal, first: object, second: object, locale: object, *, decimals: int | None) -> str:
    from babel.numbers import format_currency, get_currency_precision, get_territory_currencies

    words = [printed(word) for word in (first, second, locale) if word is not None]
    code = next((word.upper() for word in words if re.fullmatch(r"[A-Z]{3}", word)), None)
    where = _locale(next((word for word in reversed(words) if not re.fullmatch(r"[A-Z]{3}", word)), "en-us"))
    if code is None:
        known = get_territory_currencies(where.territory) if where.territory else []
        if not known:
            raise FilterArgumentError(f"{where} tells no currency; write one, such as EUR", token=None)
        code = str(known[-1])
    places = get_currency_precision(code) if decimals is None else decimals
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0
    pattern = where.currency_formats["standard"].pattern
    exact = re.sub(r"([#,0]*0)(\.0+)?", lambda found: found[1] + ("." + "0" * places if places else ""), pattern)
    return format_currency(rounded, code, exact, locale=where, currency_digits=False).translate(_NO_BREAK)


def _locale(name: object) -> Locale:
    from babel import Locale, UnknownLocaleError

    text = printed(name)
    try:
        return Locale.parse(text.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise FilterArgumentError(f"{text[:20]!r} is not a locale, such as en-us or de", token=None) from error


FILTERS = {"currency": currency, "format_number": format_number, "rounded_currency": rounded_currency}
