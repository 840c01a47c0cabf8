"""The quick way for numbers that are E.164 already, as every stored number is.

libphonenumber spends most of its time on what such a number cannot have: punctuation, extensions, other scripts,
prefixes for dialling abroad. Here the same metadata is compiled into one regular expression a region, which is
matched against the digits as they stand. Whatever libphonenumber could still change (a national prefix
written after the country code) or refuse is left to it, so that both ways give the same answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc, PhoneNumberType

from engine import E164
from engine_phonenumbers.kinds import describe

_E164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch

_TYPES = (
    ("premium_rate", PhoneNumberType.PREMIUM_RATE),
    ("toll_free", PhoneNumberType.TOLL_FREE),
    ("shared_cost", PhoneNumberType.SHARED_COST),
    ("voip", PhoneNumberType.VOIP),
    ("personal_number", PhoneNumberType.PERSONAL_NUMBER),
    ("pager", PhoneNumberType.PAGER),
    ("uan", PhoneNumberType.UAN),
    ("voicemail", PhoneNumberType.VOICEMAIL),
)
"""In libphonenumber's order: the first that matches is the type."""


@dataclass(frozen=True)
class _Region:
    country: str | None
    leading: re.Pattern[str] | None  # digits that settle the region, where several share a calling code
    data: PhoneMetadata

    @cached_property
    def types(self) -> re.Pattern[str]:
        """Its last group is named after the type: t<PhoneNumberType>. Costly, and most of +1's are never asked for."""
        return _types(self.data)


@dataclass(frozen=True, slots=True)
class _CallingCode:
    code: int
    digits: int
    prefix: re.Pattern[str] | None  # a national prefix that libphonenumber would take off
    regions: tuple[_Region, ...]


class StoredNumbers:
    """Validates E.164 numbers. Keeps what it compiled, at most one entry a calling code."""

    def __init__(self) -> None:
        self._codes: dict[str, _CallingCode] = {}

    def read(self, raw: str) -> E164 | None:
        """Gives the number, or None where libphonenumber itself must look."""
        if _E164(raw) is None:
            return None
        code = self._codes.get(raw[1:2]) or self._codes.get(raw[1:3]) or self._codes.get(raw[1:4]) or self._compile(raw)
        if code is None:
            return None
        national = raw[1 + code.digits :]
        if code.prefix is not None:
            prefixed = code.prefix.match(national)
            if prefixed is not None and prefixed.end():
                return None
        for region in code.regions:
            if region.leading is not None and region.leading.match(national) is None:
                continue
            found = region.types.fullmatch(national)
            if found is not None and found.lastgroup is not None:
                return describe(raw, region.country, int(found.lastgroup[1:]), code.code)
            if region.leading is not None:
                return None
        return None

    def _compile(self, raw: str) -> _CallingCode | None:
        for digits in (1, 2, 3):
            code = int(raw[1 : 1 + digits])
            if code in COUNTRY_CODE_TO_REGION_CODE:
                made = self._codes[raw[1 : 1 + digits]] = _calling_code(code, digits)
                return made
        return None


def _calling_code(code: int, digits: int) -> _CallingCode:
    names = COUNTRY_CODE_TO_REGION_CODE[code]
    found = [(name, PhoneMetadata.metadata_for_region_or_calling_code(code, name)) for name in names]
    main = found[0][1]
    prefix = main.national_prefix_for_parsing if main is not None else None
    regions = tuple(
        _Region(
            country=None if name == "001" else name,
            # libphonenumber asks for leading digits only where regions share a calling code.
            leading=re.compile(data.leading_digits) if data.leading_digits and len(names) > 1 else None,
            data=data,
        )
        for name, data in found
        if data is not None
    )
    return _CallingCode(code, digits, re.compile(prefix) if prefix else None, regions)


def _types(data: PhoneMetadata) -> re.Pattern[str]:
    patterns = [(kind, _pattern(getattr(data, name))) for name, kind in _TYPES]
    fixed, mobile = _pattern(data.fixed_line), _pattern(data.mobile)
    if data.same_mobile_and_fixed_line_pattern:
        patterns.append((PhoneNumberType.FIXED_LINE_OR_MOBILE, fixed))
    else:
        both = f"(?={mobile}\\Z){fixed}" if fixed and mobile else ""
        patterns.append((PhoneNumberType.FIXED_LINE_OR_MOBILE, both))
        patterns += [(PhoneNumberType.FIXED_LINE, fixed), (PhoneNumberType.MOBILE, mobile)]
    ways = "|".join(f"(?P<t{kind}>{pattern})" for kind, pattern in patterns if pattern)
    return re.compile(f"(?={_pattern(data.general_desc)}\\Z)(?:{ways})")


def _pattern(desc: PhoneNumberDesc | None) -> str:
    if desc is None or not desc.national_number_pattern:
        return ""
    lengths = "|".join(rf"\d{{{length}}}" for length in desc.possible_length if length > 0)
    return (f"(?=(?:{lengths})\\Z)" if lengths else "") + f"(?:{desc.national_number_pattern})"
