"""Gives people back out: whole for machines, guarded for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import TextIO

from engine.store import Store
from engine.types import Json, Person

PAGE = 1000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def everyone(store: Store, workspace: str, *, after: str = "") -> Iterator[Person]:
    """Gives people in order of id, a page at a time."""
    while page := store.people(workspace, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def as_json(store: Store, person: Person) -> dict[str, Json]:
    """Gives a person as the contract prints them: number in E.164 or null, attributes as given, consent."""
    consent = "unknown" if person.phone is None else str(store.consent(person.workspace, person.phone))
    return {"id": person.id, "phone": person.phone, "attributes": dict(person.attributes), "consent": consent}


def write_csv(store: Store, workspace: str, out: TextIO, *, phone_attribute: str = "phone") -> None:
    """Writes people as CSV: id, phone in E.164, consent, then every attribute that anybody has, by name.

    The number as it was given is left out where its attribute is itself called `phone`; another attribute with one of
    those names gets an `attribute:` before it. Cells that a spreadsheet would run as a formula begin with an apostrophe
    (https://owasp.org/www-community/attacks/CSV_Injection); `people import` takes it away again.
    """
    names = sorted({name for person in everyone(store, workspace) for name in person.attributes} - {phone_attribute})
    if phone_attribute != "phone":
        names = sorted({*names, phone_attribute})
    writer = csv.writer(out)
    writer.writerow(guarded(["id", "phone", "consent", *(_column(name) for name in names)]))
    for person in everyone(store, workspace):
        row = as_json(store, person)
        cells = [row["id"], row["phone"], row["consent"], *(person.attributes.get(name) for name in names)]
        writer.writerow(guarded(cells))


def _column(name: str) -> str:
    return f"attribute:{name}" if name in ("id", "phone", "consent") else name


def guarded(cells: Sequence[Json]) -> list[str]:
    """Gives cells as text, those that a spreadsheet would run as a formula with an apostrophe before them."""
    texts = [
        "" if cell is None else cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
        for cell in cells
    ]
    return [f"'{text}" if text.startswith(_FORMULA_STARTS) else text for text in texts]
