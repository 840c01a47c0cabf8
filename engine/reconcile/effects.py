"""What people notice of a change: messages that read otherwise, messages that wait, texts that are answered otherwise.

Plain data, found by `renderings`, `queued` and `routes`. Effects are no part of a plan's digest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from engine.types import Json

if TYPE_CHECKING:
    from engine.caps import Cost
    from engine.reconcile.changes import Plan


@dataclass(frozen=True, slots=True)
class Odd:
    """The first character that makes a text UCS-2. `position` counts characters from 1."""

    character: str
    position: int

    @property
    def codepoint(self) -> str:
        """As Unicode writes it: U+2615."""
        return f"U+{ord(self.character):04X}"

    @property
    def name(self) -> str:
        """Its name in Unicode, empty where it has none."""
        return unicodedata.name(self.character, "")

    def as_json(self) -> dict[str, Json]:
        """As the plan's JSON has it."""
        return {
            "character": self.character,
            "codepoint": self.codepoint,
            "name": self.name,
            "position": self.position,
        }


@dataclass(frozen=True, slots=True)
class Rendering:
    """One sample of a template as its recipient would get it, or the reason why there is no message."""

    to: str | None = None
    sender: str | None = None  # as the provider knows it
    body: str | None = None
    kind: str | None = None  # "sms" or "mms"
    encoding: str | None = None
    odd: Odd | None = None  # None for GSM-7
    characters: int | None = None
    segments: int | None = None
    cost: Cost | None = None  # an estimate; None where it is unknown
    links: tuple[tuple[str, str], ...] = ()  # where each link leads, and how it stands in the body
    media: tuple[str, ...] = ()
    error: str | None = None  # the code of what stops it, e.g. "template.missing-value"
    message: str | None = None  # the same in words

    def as_json(self) -> dict[str, Json]:
        """As the plan's JSON has it."""
        cost = self.cost
        return {
            "to": self.to,
            "sender": self.sender,
            "body": self.body,
            "kind": self.kind,
            "encoding": self.encoding,
            "odd": self.odd.as_json() if self.odd else None,
            "characters": self.characters,
            "segments": self.segments,
            "cost": {"amount": str(cost.amount), "currency": cost.currency} if cost else None,
            "links": [{"url": url, "short": short} for url, short in self.links],
            "media": list(self.media),
            "error": self.error,
            "message": self.message,
        }


GONE = Rendering(error="template.gone", message="the template goes away")
"""What comes after the message of a template that is deleted."""


@dataclass(frozen=True, slots=True)
class RenderingEffect:
    """How one sample of one template changes. `before` is None where the template is new, `after` is `GONE` where it
    goes away."""

    template: str  # address
    sample: str
    before: Rendering | None
    after: Rendering

    def as_json(self) -> dict[str, Json]:
        """As the plan's JSON has it."""
        return {
            "kind": "rendering",
            "template": self.template,
            "sample": self.sample,
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json(),
        }


@dataclass(frozen=True, slots=True)
class QueuedEffect:
    """What becomes of a template's messages that wait in the queue, never attempted."""

    template: str  # address
    messages: int
    on_change: Literal["pin", "migrate", "cancel"]

    def as_json(self) -> dict[str, Json]:
        """As the plan's JSON has it."""
        return {"kind": "queued", **asdict(self)}


@dataclass(frozen=True, slots=True)
class RouteEffect:
    """Texts that another rule would take. A rule is named as `engine route` names it, None where there is none."""

    workspace: str
    sender: str | None  # the name of the sender that they come to
    text: str | None  # None for texts that are not shown: real ones that only one person wrote
    origin: Literal["tests", "inbound"]  # the config's conversation tests, or texts that came in lately
    times: int
    before: str | None
    after: str | None

    def as_json(self) -> dict[str, Json]:
        """As the plan's JSON has it."""
        return {"kind": "route", **asdict(self)}


Effect = RenderingEffect | QueuedEffect | RouteEffect


def with_effects(plan: Plan, *found: Mapping[str, Sequence[Effect]]) -> Plan:
    """Gives the plan with each change's effects, which are found by its address."""
    changes = []
    for change in plan.changes:
        effects = tuple(effect for one in found for effect in one.get(change.address, ()))
        changes.append(replace(change, effects=(*change.effects, *effects)) if effects else change)
    return replace(plan, changes=tuple(changes))
