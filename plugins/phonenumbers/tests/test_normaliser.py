from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from engine_phonenumbers.normaliser import PhoneNumbers
from engine_phonenumbers.stored import StoredNumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from engine import InvalidNumber, NumberKind, NumberNormaliser, PluginContext
from engine.testing.context import plugin_context
from engine.testing.normaliser import NormaliserConformance

ROWS = [json.loads(line) for line in (Path(__file__).parent / "data/numbers.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def normaliser(tmp_path_factory: pytest.TempPathFactory) -> PhoneNumbers:
    return PhoneNumbers(plugin_context(tmp_path_factory.mktemp("state")))


class TestConformance(NormaliserConformance):
    def build(self, context: PluginContext) -> NumberNormaliser:
        return PhoneNumbers(context)


def test_agrees_with_every_verdict_of_google(normaliser: PhoneNumbers) -> None:
    wrong = []
    for row in ROWS:
        try:
            found = normaliser.normalise(row["raw"], country=row["region"])
        except InvalidNumber:
            got, country = None, None
        else:
            got, country = found.number, found.country or "001"
        if got != row["expect"] or (got is not None and country != row["number_region"]):
            wrong.append((row["raw"], row["region"], row["expect"], got, country))
    assert len(ROWS) == 753
    assert wrong == []


@pytest.mark.parametrize(
    ("raw", "country", "code"),
    [
        ("", "US", "number.empty"),
        (" \t", None, "number.empty"),
        ("ask reception", "US", "number.not-a-number"),
        ("415 555", "US", "number.too-short"),
        ("911", "US", "number.too-short"),
        ("67076", "US", "number.too-short"),  # a short code sends, it is not a person's number
        ("00", "CN", "number.too-short"),
        ("0 0 1", "CN", "number.too-short"),
        ("+1 415 555 26711", None, "number.too-long"),
        ("06 12345678 / 06 12345678", "NL", "number.too-long"),  # two numbers in one cell
        ("9" * 300, "US", "number.too-long"),
        ("555-2671", "US", "number.area-code-missing"),
        ("+65 1234 56789", None, "number.invalid-length"),
        ("+1 115 555 2671", None, "number.not-in-use"),  # no area code begins with 1
        ("+44 7700 900123", None, "number.not-in-use"),  # Ofcom keeps it for films
        ("+999 123456", None, "number.country-unknown"),
        ("415 555 2671", None, "number.country-unknown"),
        ("020 7183 8750", "UK", "number.country-unknown"),
    ],
)
def test_says_why(normaliser: PhoneNumbers, raw: str, country: str | None, code: str) -> None:
    with pytest.raises(InvalidNumber) as caught:
        normaliser.normalise(raw, country=country)
    assert caught.value.code == code


def test_a_mistaken_country_gets_a_hint(normaliser: PhoneNumbers) -> None:
    with pytest.raises(InvalidNumber) as caught:
        normaliser.normalise("020 7183 8750", country="UK")
    assert "GB" in caught.value.hint


@pytest.mark.parametrize("country", ["us", " US "])
def test_the_case_of_a_country_does_not_matter(normaliser: PhoneNumbers, country: str) -> None:
    assert normaliser.normalise("415 555 2671", country=country).number == "+14155552671"


@pytest.mark.parametrize(
    ("raw", "country", "kind", "receives_texts", "of"),
    [
        ("+14155552671", None, NumberKind.FIXED_LINE_OR_MOBILE, None, "US"),  # one range for both
        ("020 7183 8750", "GB", NumberKind.FIXED_LINE, False, "GB"),
        ("078 123 45 67", "CH", NumberKind.MOBILE, True, "CH"),
        ("+1 800 234 5678", None, NumberKind.TOLL_FREE, None, "US"),  # can be text-enabled
        ("800 1234", "MU", NumberKind.TOLL_FREE, False, "MU"),
        ("90 012345", "CY", NumberKind.PREMIUM_RATE, False, "CY"),
        ("+800 1234 5678", None, NumberKind.TOLL_FREE, False, None),  # of no country
        ("415 555 2671 x123", "US", NumberKind.FIXED_LINE_OR_MOBILE, False, "US"),  # behind a switchboard
        ("+1 242 225 0123", None, NumberKind.OTHER, False, "BS"),  # +1, and not the United States
        ("+1 876 212 3456", None, NumberKind.MOBILE, True, "JM"),
    ],
)
def test_tells_kind_country_and_texting(
    normaliser: PhoneNumbers,
    raw: str,
    country: str | None,
    kind: NumberKind,
    receives_texts: bool | None,
    of: str | None,
) -> None:
    found = normaliser.normalise(raw, country=country)
    assert (found.kind, found.receives_texts, found.country) == (kind, receives_texts, of)


def test_the_quick_way_is_taken_for_stored_numbers() -> None:
    stored = StoredNumbers()
    numbers = {row["expect"] for row in ROWS if row["expect"]}
    taken = [number for number in numbers if stored.read(number) is not None]
    assert len(taken) / len(numbers) > 0.97
    assert all(stored.read(number) is None for number in ("4155552671", "+1 4155552671", "+14155552671\n", "+1", ""))


def test_the_quick_way_gives_what_libphonenumber_gives(normaliser: PhoneNumbers) -> None:
    stored = StoredNumbers()
    quick = 0
    for number in _near_valid(random.Random(20261123)):
        found = stored.read(number)
        if found is not None:
            quick += 1
            assert found == normaliser._read(number, None)
    assert quick > 3_000


def test_time_zones(normaliser: PhoneNumbers) -> None:
    assert normaliser.time_zones("+14155552671") == ("America/Los_Angeles",)
    assert "Europe/London" in normaliser.time_zones("+442071838750")
    assert len(normaliser.time_zones("+18002345678")) > 10  # toll-free: anywhere in +1
    assert normaliser.time_zones("+80012345678") == ()


def test_time_zones_are_loaded_when_asked_for() -> None:
    code = "import sys, engine_phonenumbers.normaliser; print('phonenumbers.tzdata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def _near_valid(rng: random.Random) -> Iterator[str]:
    """Gives each region's example numbers of every type, with a few digits changed, added or dropped."""
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        examples = [phonenumbers.example_number_for_non_geo_entity(code)] if regions == ("001",) else []
        for region in regions:
            examples += [phonenumbers.example_number_for_type(region, kind) for kind in PhoneNumberType.values()]
        texts = {phonenumbers.format_number(n, PhoneNumberFormat.E164) for n in examples if n is not None}
        for text in sorted(texts):
            for change in (0, 1, 1, 2, 2, 4):
                digits = list(text)
                for _ in range(change):
                    digits[rng.randrange(1 + len(str(code)), len(digits))] = rng.choice("0123456789")
                yield "".join(digits) + rng.choice(("", "", "", "", "", "7"))
