"""E.164 of what people write, by libphonenumber (Google's metadata, in David Drysdale's port)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from engine import E164, InvalidNumber, NumberNormaliser, PluginContext
from engine_phonenumbers.kinds import describe
from engine_phonenumbers.stored import StoredNumbers

UNKNOWN_ZONE = "Etc/Unknown"  # libphonenumber's name for "no zone is known"
NOT_GEOGRAPHIC = "001"  # libphonenumber's region of numbers of no country, such as +800

_MISTAKEN_COUNTRIES = {"UK": "GB", "EN": "GB", "SU": "RU", "AN": "CW", "YU": "RS", "EL": "GR"}
"""Codes that people write for countries whose ISO 3166-1 code is another."""


class PhoneNumbers(NumberNormaliser):
    """Reads numbers as libphonenumber does: any script's digits, any punctuation, extensions dropped."""

    name = "phonenumbers"

    def __init__(self, context: PluginContext) -> None:
        super().__init__(context)
        self._stored = StoredNumbers()

    def normalise(self, raw: str, *, country: str | None) -> E164:
        """Gives the valid number that `raw` is. See the contract; the codes of InvalidNumber are in the README."""
        return self._stored.read(raw) or self._read(raw, country)

    def time_zones(self, number: str) -> Sequence[str]:
        """Gives the IANA zones of an E.164 number's area, or of its country where the number tells no area."""
        from phonenumbers import timezone

        try:
            parsed = phonenumbers.parse(number, None)
        except NumberParseException:
            return ()
        return tuple(zone for zone in timezone.time_zones_for_number(parsed) if zone != UNKNOWN_ZONE)

    def _read(self, raw: str, country: str | None) -> E164:
        if not raw.strip():
            raise InvalidNumber("number.empty", "there is no number here")
        region = (country or "").strip().upper() or None
        try:
            parsed = phonenumbers.parse(raw, region)
        except NumberParseException as error:
            raise _unreadable(error.error_type, raw, region) from error
        kind = phonenumbers.number_type(parsed)
        if kind == PhoneNumberType.UNKNOWN or not phonenumbers.is_valid_number(parsed):
            raise _not_valid(parsed)
        number = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
        home = phonenumbers.region_code_for_number(parsed)
        return describe(
            number,
            None if home == NOT_GEOGRAPHIC else home,
            kind,
            parsed.country_code or 0,
            extension=bool(parsed.extension),
        )


def _unreadable(why: int, raw: str, region: str | None) -> InvalidNumber:
    if why == NumberParseException.INVALID_COUNTRY_CODE:
        return _country_unknown(raw, region)
    if why == NumberParseException.TOO_LONG:
        return _too_long()
    if why in (NumberParseException.TOO_SHORT_AFTER_IDD, NumberParseException.TOO_SHORT_NSN):
        return _too_short()
    return InvalidNumber(
        "number.not-a-number",
        "this is not a phone number",
        hint="write it like +14155550123, or as it is dialled at home",
    )


def _country_unknown(raw: str, region: str | None) -> InvalidNumber:
    if unicodedata.normalize("NFKC", raw).strip().startswith("+"):
        return InvalidNumber("number.country-unknown", "the digits after + begin with no country's calling code")
    if region is None:
        return InvalidNumber(
            "number.country-unknown",
            "the number has no country code, and no country is given to read it in",
            hint="begin it with + and the country code, or set a country",
        )
    if region not in phonenumbers.SUPPORTED_REGIONS:
        meant = _MISTAKEN_COUNTRIES.get(region)
        return InvalidNumber(
            "number.country-unknown",
            f"{region!r} is not a country's two-letter code (ISO 3166-1)",
            hint=f"write {meant}" if meant else "write e.g. US, GB or CN",
        )
    return InvalidNumber("number.country-unknown", "the number begins with no country's calling code")


def _not_valid(parsed: PhoneNumber) -> InvalidNumber:
    why = phonenumbers.is_possible_number_with_reason(parsed)
    where = _where(parsed)
    if why == ValidationResult.TOO_SHORT:
        return _too_short(where)
    if why == ValidationResult.TOO_LONG:
        return _too_long(where)
    if why == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return InvalidNumber(
            "number.area-code-missing",
            f"the number can only be dialled in its own area{where}",
            hint="add its area code",
        )
    if why == ValidationResult.INVALID_LENGTH:
        return InvalidNumber("number.invalid-length", f"no number has this many digits{where}")
    if why == ValidationResult.INVALID_COUNTRY_CODE:
        return InvalidNumber("number.country-unknown", "the number begins with no country's calling code")
    return InvalidNumber("number.not-in-use", f"the number is in a range that is not in use{where}")


def _too_short(where: str = "") -> InvalidNumber:
    return InvalidNumber("number.too-short", f"the number has too few digits{where}")


def _too_long(where: str = "") -> InvalidNumber:
    return InvalidNumber(
        "number.too-long",
        f"the number has too many digits{where}",
        hint="is it two numbers, or one with something added?",
    )


def _where(parsed: PhoneNumber) -> str:
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return f" for +{parsed.country_code}" + ("" if region in ("ZZ", NOT_GEOGRAPHIC) else f" ({region})")
