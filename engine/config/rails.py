"""`rails:` in workspace.yaml: how much of a workspace one apply may change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from engine.config.base import Model


@dataclass(frozen=True, slots=True)
class Limit:
    """How many objects of a kind one apply may change: `30%`, `100`, `30% or 100`, `none`. None is no limit."""

    percent: Decimal | None = None  # of what is live
    count: int | None = None

    def __str__(self) -> str:
        said = [f"{self.percent}%"] if self.percent is not None else []
        said += [str(self.count)] if self.count is not None else []
        return " or ".join(said) or "none"

    @classmethod
    def parse(cls, value: object) -> Limit:
        """Gives the limit that a text or a number is. Raises ValueError."""
        if isinstance(value, Limit):
            return value
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if text == "none":
            return cls()
        found = re.fullmatch(_LIMIT, text) if isinstance(text, str) else None
        if found is None:
            raise ValueError("must be a limit: a share, a number, or both, like 30%, 100 or 30% or 100; or none")
        percent, count = found[1] or found[3], found[2] or found[4]
        return cls(Decimal(percent) if percent else None, int(count) if count else None)


_SHARE, _COUNT = r"(\d{1,4}(?:\.\d{1,2})?)%", r"(\d{1,9})"
_LIMIT = rf"{_SHARE} or {_COUNT}|{_SHARE}|{_COUNT}"

LimitField = Annotated[
    Limit,
    BeforeValidator(Limit.parse),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": ["string", "integer"],
            "pattern": rf"^({_LIMIT}|none)$",
            "minimum": 0,
            "examples": ["30% or 100", "30%", 100, "none"],
        }
    ),
]


def _limit(text: str, words: str) -> Any:
    """Gives a field with a default that its schema has as it would be written."""
    return Field(Limit.parse(text), description=words, json_schema_extra={"default": text})


class KindLimits(Model):
    """Limits of one kind of object."""

    create: LimitField | None = Field(None, description="In the place of `rails.create`.")
    update: LimitField | None = Field(None, description="In the place of `rails.update`.")
    delete: LimitField | None = Field(None, description="In the place of `rails.delete`.")


class Kinds(Model):
    """Limits of single kinds, in the place of those for all."""

    template: KindLimits = Field(KindLimits(), description="Limits of templates.")
    snippet: KindLimits = Field(KindLimits(), description="Limits of snippets.")
    sender: KindLimits = Field(KindLimits(), description="Limits of senders.")
    keyword: KindLimits = Field(KindLimits(), description="Limits of keyword rules.")
    topic: KindLimits = Field(KindLimits(), description="Limits of topics.")


class Rails(Model):
    """How many objects of a kind one apply may create, update and delete without an allowance of its own. The stricter
    of what is live and what is applied holds: nobody widens a limit and passes it in one step."""

    create: LimitField = _limit("100% or 500", "Most objects of each kind that are created.")
    update: LimitField = _limit("50% or 500", "Most objects of each kind that are updated.")
    delete: LimitField = _limit(
        "30% or 100",
        "Most objects of each kind that are deleted: a share of what is live (of ten or more), a number, or both.",
    )
    kinds: Kinds = Field(Kinds(), description="Limits of single kinds, in the place of the others.")

    def limit(self, kind: str, action: Literal["create", "update", "delete"]) -> Limit:
        """Gives the limit of an action on a kind, one of `Kinds`."""
        of_kind: Limit | None = getattr(getattr(self.kinds, kind), action)
        general: Limit = getattr(self, action)
        return of_kind if of_kind is not None else general
