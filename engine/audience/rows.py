"""What a reader of people finds in a file: rows, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.types import Json

MOST_BYTES = 1 << 20
"""The longest line or JSON object: a person is small, and one that is not must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: rows count from 1, a header line not counted. `attributes` holds the id as well."""

    number: int
    attributes: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One record that was not taken. `code` is stable; `field` is empty where the whole record is at fault."""

    row: int
    field: str
    code: str
    message: str

    def as_json(self) -> dict[str, Json]:
        """Gives it as the contract prints it."""
        return {"row": self.row, "field": self.field, "code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Names:
    """What the attributes with a meaning are called."""

    id: str = "id"
    phone: str = "phone"
    country: str = "country"
