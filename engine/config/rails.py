"""`rails:` in workspace.yaml: how much of a workspace one apply may change."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from engine.config.base import Model


@dataclass(frozen=True, slots=True)
class Share:
    """So many in a hundred of what there is: `30%`."""

    percent: Decimal

    def __str__(self) -> str:
        return f"{self.percent}%"

    def of(self, count: int) -> Decimal:
        """Gives that share of a count."""
        return self.percent * count / 100

    @classmethod
    def parse(cls, value: object) -> Share:
        """Gives the share that a text is. Raises ValueError."""
        if isinstance(value, Share):
            return value
        found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,2})?)%", value) if isinstance(value, str) else None
        if found is None:
            raise ValueError("must be a share: a number and a percent sign, like 30%")
        return cls(Decimal(found[1]))


ShareField = Annotated[
    Share,
    BeforeValidator(Share.parse),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,4}(\.\d{1,2})?%$", "examples": ["30%"]}),
]


class Limit(Model):
    """How much one apply may do. What is left out is not limited."""

    share: ShareField | None = Field(
        None,
        description="Most of a kind, of what is live; counts where ten of the kind or more are. Default: no limit.",
    )
    count: int | None = Field(None, ge=0, description="Most of a kind. Default: no limit.")


class KindLimits(Model):
    """Limits of one kind of object, in the place of those for all."""

    create: Limit | None = Field(None, description="In the place of `rails.create`.")
    update: Limit | None = Field(None, description="In the place of `rails.update`.")
    delete: Limit | None = Field(None, description="In the place of `rails.delete`.")


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

    create: Limit = Field(
        Limit(share=Share(Decimal(100)), count=500), description="Limits of what is created of each kind."
    )
    update: Limit = Field(
        Limit(share=Share(Decimal(50)), count=500), description="Limits of what is updated of each kind."
    )
    delete: Limit = Field(
        Limit(share=Share(Decimal(30)), count=100), description="Limits of what is deleted of each kind."
    )
    kinds: Kinds = Field(Kinds(), description="Limits of single kinds, in the place of the others.")

    def limit(self, kind: str, action: Literal["create", "update", "delete"]) -> Limit:
        """Gives the limit of an action on a kind, one of `Kinds`."""
        of_kind: Limit | None = getattr(getattr(self.kinds, kind), action)
        general: Limit = getattr(self, action)
        return of_kind if of_kind is not None else general
