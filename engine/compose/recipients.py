"""Numbers of people: read in their country, normalised by the workspace's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine.config.settings_models import WorkspaceConfig
from engine.contracts import NumberNormaliser
from engine.errors import ComposeError, InvalidNumber
from engine.types import E164, Json, Person


class Reader:
    """Reads numbers as a workspace does."""

    def __init__(self, settings: WorkspaceConfig, normaliser: NumberNormaliser) -> None:
        self._audience = settings.audience
        self._default_country = settings.default_country
        # A preview asks for the same few people over and over; a broadcast asks for each once, and forgets.
        self._normalise = lru_cache(maxsize=256)(normaliser.normalise)
        self._normaliser = normaliser

    def normalise(self, raw: str, person: Person | None) -> E164:
        """Gives the number that a text is, in the person's country. Raises ComposeError `number.invalid`."""
        try:
            return self._normalise(raw, country=self._country(person))
        except InvalidNumber as error:
            raise ComposeError("number.invalid", f"{error.message} ({error.code})", hint=error.hint) from error

    def number_of(self, person: Person | None) -> E164:
        """Gives a person's number. Raises ComposeError `number.missing` or `number.invalid`."""
        attribute = self._audience.phone_attribute
        if person is None:
            raise ComposeError("number.missing", "there is neither a person nor a number")
        raw = person.phone or _text(person.attributes.get(attribute))
        if raw is None:
            raise ComposeError("number.missing", f"the person has no number: customer.{attribute} is missing")
        return self.normalise(raw, person)

    def own_number(self, person: Person) -> str | None:
        """Gives a person's number in E.164, None where it is missing or no number."""
        if person.phone is not None:
            return person.phone
        raw = _text(person.attributes.get(self._audience.phone_attribute))
        if raw is None:
            return None
        try:
            return self._normalise(raw, country=self._country(person)).number
        except InvalidNumber:
            return None

    def time_zones(self, number: str) -> Sequence[str]:
        """Gives the IANA zones that an E.164 number could be in; empty where nothing is known."""
        return self._normaliser.time_zones(number)

    def _country(self, person: Person | None) -> str:
        given = _text(person.attributes.get(self._audience.country_attribute)) if person is not None else None
        return given.upper() if given else self._default_country


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    return str(value).strip() or None
