"""Brings people in: each record becomes a person or a rejection, in batches, whatever the size of the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from engine.audience.rows import Names, Rejection, Row
from engine.config.countries import COUNTRIES, hint_for
from engine.config.settings_models import WorkspaceConfig
from engine.contracts import NumberNormaliser
from engine.errors import InvalidNumber
from engine.store import Store
from engine.types import Clock, Consent, ConsentState, Json, Person

BATCH = 1000
LONGEST_ID = 200

_SCIENTIFIC = re.compile(r"\s*\d(?:[.,]\d+)?[eE]\+?\d+\s*")


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `imported` people are new, `updated` ones were there and were merged."""

    imported: int
    updated: int
    rejected: int


class Importer:
    """Imports into one workspace."""

    def __init__(
        self,
        store: Store,
        workspace: str,
        settings: WorkspaceConfig,
        normaliser: NumberNormaliser,
        clock: Clock,
        *,
        consent: str | None = None,
        topic: str = "",
        by: str = "",
    ) -> None:
        """`consent` says where these people subscribed, to all messages or to a `topic` alone; it is kept in the ledger
        for each of their numbers, with who entered it."""
        self._store = store
        self._workspace = workspace
        self._names = names_of(settings)
        self._default_country = settings.default_country
        self._normaliser = normaliser
        self._clock = clock
        self._consent = consent
        self._topic = topic
        self._by = by

    def run(
        self,
        records: Iterable[Row | Rejection],
        *,
        rejected: Callable[[Rejection], None],
        progress: Callable[[Imported], None] = lambda _: None,
    ) -> Imported:
        """Takes every record, telling of each rejection as it is found and of the progress after each batch.

        A batch is one transaction. A person is known by id, so running it again, also after a crash, changes nothing
        more.
        """
        done = Imported(0, 0, 0)
        for batch in _batches(records):
            people: list[Person] = []
            refused = 0
            for made in self._people(batch):
                if isinstance(made, Person):
                    people.append(made)
                else:
                    refused += 1
                    rejected(made)
            now = self._clock()
            added, updated = self._store.upsert_people(people, at=now, consent=self._model(now)) if people else (0, 0)
            done = Imported(done.imported + added, done.updated + updated, done.rejected + refused)
            progress(done)
        return done

    def _model(self, now: datetime) -> Consent | None:
        if self._consent is None:
            return None
        return Consent(
            *(self._workspace, "", ConsentState.SUBSCRIBED, "import", now),
            detail=self._consent,
            topic=self._topic,
            by=self._by,
        )

    def _people(self, batch: list[Row | Rejection]) -> Iterator[Person | Rejection]:
        """A number is read in the country that the person has after merging, so who is there is looked up first."""
        checked = [record if isinstance(record, Rejection) else self._identified(record) for record in batch]
        ids = {found[1] for found in checked if not isinstance(found, Rejection)}
        known = {person.id: dict(person.attributes) for person in self._store.some_people(self._workspace, ids)}
        for found in checked:
            if isinstance(found, Rejection):
                yield found
                continue
            number, person_id, attributes = found
            merged = {**known.get(person_id, {}), **attributes}
            try:
                phone = self._phone(attributes, merged)
            except InvalidNumber as error:
                field = self._names.country if error.code.startswith("country.") else self._names.phone
                yield Rejection(number, field, error.code, error.message)
                continue
            known[person_id] = merged
            yield Person(self._workspace, person_id, phone, attributes)

    def _identified(self, row: Row) -> tuple[int, str, dict[str, Json]] | Rejection:
        attributes = dict(row.attributes)
        raw = attributes.pop(self._names.id, None)
        # Identifiers are often numbers in JSON; true and 1.5 are something else.
        text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
        if text is None or (isinstance(text, str) and not text.strip()):
            return Rejection(row.number, self._names.id, "id.missing", "every person needs an id")
        if not isinstance(text, str):
            return Rejection(row.number, self._names.id, "id.not-text", f"an id is a text, not {raw!r:.40}")
        text = text.strip()
        if len(text) > LONGEST_ID:
            return Rejection(row.number, self._names.id, "id.too-long", f"an id has at most {LONGEST_ID} characters")
        if not text.isprintable():
            return Rejection(
                row.number, self._names.id, "id.control-character", f"{text!r:.60} holds a control character"
            )
        return row.number, text, attributes

    def _phone(self, given: Mapping[str, Json], merged: Mapping[str, Json]) -> str | None:
        """Gives the number in E.164: None leaves it as it is, empty takes it away. Raises InvalidNumber."""
        names = self._names
        if names.phone not in given and names.country not in given:
            return None
        raw = merged.get(names.phone)
        if raw is None:
            return "" if names.phone in given else None
        if isinstance(raw, int) and not isinstance(raw, bool):
            raw = str(raw)
        if not isinstance(raw, str):
            raise InvalidNumber("number.not-text", f"a number is a text, not {raw!r:.40}")
        if not raw.strip():
            return ""
        if _SCIENTIFIC.fullmatch(raw):
            raise InvalidNumber(
                "number.spreadsheet",
                f"a spreadsheet has cut this number short: {raw.strip()}; format its column as text",
            )
        return self._normaliser.normalise(raw, country=self._country(raw, merged)).number

    def _country(self, raw: str, merged: Mapping[str, Json]) -> str:
        country = merged.get(self._names.country)
        if country is None or (isinstance(country, str) and not country.strip()):
            return self._default_country
        code = country.strip().upper() if isinstance(country, str) else ""
        if code in COUNTRIES:
            return code
        if raw.lstrip().startswith(("+", "＋")):
            return self._default_country
        hint = hint_for(code) if code else "two capital letters, as in ISO 3166-1: US, GB, DE"
        raise InvalidNumber("country.unknown", f"{country!r:.40} is no country, and the number needs one: {hint}")


def names_of(settings: WorkspaceConfig) -> Names:
    """Gives what a workspace calls the attributes with a meaning."""
    return Names(phone=settings.audience.phone_attribute, country=settings.audience.country_attribute)


def _batches(records: Iterable[Row | Rejection]) -> Iterator[list[Row | Rejection]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch
