"""What every `NumberNormaliser` must do: subclass the suite in a plugin's tests and say what to build."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from engine.contracts import NumberNormaliser, PluginContext
from engine.errors import InvalidNumber
from engine.testing.context import plugin_context
from engine.types import NumberKind

E164_FORM = re.compile(r"\+[1-9][0-9]{1,14}")

NOT_NUMBERS = (
    "",
    "   ",
    "\n",
    "abc",
    "STOP",
    "null",
    "+",
    "-",
    "0",
    "(((",
    "\0",
    "+0123456789",
    "9" * 20,
    "1" * 100_000,
)
"""What stands in the phone column of real files and is no number in any country."""


class NormaliserConformance(ABC):
    """Checks an implementation against the contract."""

    @abstractmethod
    def build(self, context: PluginContext) -> NumberNormaliser:
        """Gives the normaliser under test."""

    @pytest.fixture
    def normaliser(self, tmp_path: Path) -> NumberNormaliser:
        return self.build(plugin_context(tmp_path, read_only=True))

    def test_has_a_name(self, normaliser: NumberNormaliser) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9-]*", normaliser.name)

    @pytest.mark.parametrize(
        ("raw", "country", "number"),
        [
            ("415 555 2671", "US", "+14155552671"),
            ("020 7183 8750", "GB", "+442071838750"),
            ("021 6309 5246", "CN", "+862163095246"),
            ("(08) 9287 8230", "AU", "+61892878230"),
        ],
    )
    def test_reads_national_numbers_in_their_country(
        self, normaliser: NumberNormaliser, raw: str, country: str, number: str
    ) -> None:
        found = normaliser.normalise(raw, country=country)
        assert (found.number, found.country) == (number, country)
        assert E164_FORM.fullmatch(found.number)
        assert isinstance(found.kind, NumberKind)

    @pytest.mark.parametrize("country", [None, "GB", "CA"])
    def test_a_country_code_wins_over_the_country(self, normaliser: NumberNormaliser, country: str | None) -> None:
        found = normaliser.normalise("+1 415 555 2671", country=country)
        assert (found.number, found.country) == ("+14155552671", "US")

    def test_what_it_gave_it_gives_again(self, normaliser: NumberNormaliser) -> None:
        first = normaliser.normalise("020 7183 8750", country="GB")
        assert normaliser.normalise(first.number, country=None) == first
        assert normaliser.normalise(first.number, country="US") == first

    @pytest.mark.parametrize("raw", NOT_NUMBERS, ids=lambda raw: repr(raw[:12]))
    @pytest.mark.parametrize("country", ["US", None])
    def test_says_why_a_text_is_no_number(self, normaliser: NumberNormaliser, raw: str, country: str | None) -> None:
        with pytest.raises(InvalidNumber) as caught:
            normaliser.normalise(raw, country=country)
        assert re.fullmatch(r"number\.[a-z-]+", caught.value.code)
        assert caught.value.message

    def test_a_national_number_needs_a_country(self, normaliser: NumberNormaliser) -> None:
        with pytest.raises(InvalidNumber) as caught:
            normaliser.normalise("415 555 2671", country=None)
        assert caught.value.code == "number.country-unknown"

    def test_a_refusal_does_not_repeat_the_number(self, normaliser: NumberNormaliser) -> None:
        # Refusals are printed and logged; numbers are personal data.
        with pytest.raises(InvalidNumber) as caught:
            normaliser.normalise("+1 415 555 26711 2", country=None)
        assert "26711" not in re.sub(r"\D", "", caught.value.message + caught.value.hint)

    def test_time_zones_are_in_the_tz_database(self, normaliser: NumberNormaliser) -> None:
        zones = normaliser.time_zones("+14155552671")
        assert set(zones) <= available_timezones()
        assert isinstance(zones, tuple | list)

    def test_no_time_zone_for_what_is_no_number(self, normaliser: NumberNormaliser) -> None:
        assert list(normaliser.time_zones("+")) == []
