"""What a plan is made of: frozen, sorted data that can say itself in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from engine.reconcile.addresses import PROVIDER, kind_of
from engine.reconcile.effects import Effect
from engine.types import Finding, Json, Source


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Reason(StrEnum):
    """Why an object changes."""

    EDITED = "edited"  # its own file says otherwise
    DEPENDENCY = "dependency"  # another object that it is made of changed
    ENVIRONMENT = "environment"  # an overlay of the environment, or a variable
    DRIFT = "drift"  # somebody changed it at the provider
    PLUGIN = "plugin"  # another version of the engine or a plugin reads the same file otherwise


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one object. `source` is where to look: the first changed value, or the object itself."""

    address: str
    action: Action
    fields: tuple[str, ...]  # dotted names of what an update changes; empty for a create and a delete
    before: Mapping[str, Json] | None
    after: Mapping[str, Json] | None
    source: Source | None
    effects: tuple[Effect, ...] = ()
    reason: Reason = Reason.EDITED

    def as_json(self) -> dict[str, Json]:
        """The change as the plan's JSON has it."""
        source = self.source
        return {
            "address": self.address,
            "action": str(self.action),
            "fields": list(self.fields),
            "before": self.before,
            "after": self.after,
            "reason": str(self.reason),
            "source": {"file": source.file, "line": source.line, "column": source.column} if source else None,
            "effects": [effect.as_json() for effect in self.effects],
        }


@dataclass(frozen=True, slots=True)
class Blocked:
    """A safety rail in the way of one change. `allow` is what `apply --allow` needs to be told to pass it."""

    rail: str
    address: str
    message: str

    @property
    def allow(self) -> str:
        return f"{self.rail}:{self.address}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every change, sorted by address; the rails in the way; what a person should know."""

    digest: str
    base: str | None  # the release that it starts from, None before the first
    environment: str | None
    versions: Mapping[str, str]
    changes: tuple[Change, ...]
    blocked: tuple[Blocked, ...] = ()
    warnings: tuple[Finding, ...] = ()
    drift: tuple[Change, ...] = ()
    """What others changed at providers: from what was set last to what is there. What sets it back is among `changes`.
    """

    @property
    def of_config(self) -> tuple[Change, ...]:
        """The changes that make a release."""
        return tuple(change for change in self.changes if kind_of(change.address) != PROVIDER)

    @property
    def at_providers(self) -> tuple[Change, ...]:
        """The changes that are made at providers, one step each."""
        return tuple(change for change in self.changes if kind_of(change.address) == PROVIDER)

    @property
    def summary(self) -> dict[str, int]:
        """How many objects are created, updated and deleted."""
        return {str(action): sum(change.action is action for change in self.changes) for action in Action}

    def as_json(self) -> dict[str, Json]:
        """The plan as `engine plan --format json` prints it, without the version."""
        return {
            "digest": self.digest,
            "base": self.base,
            "summary": self.summary,
            "changes": [change.as_json() for change in self.changes],
            "blocked": [
                {"rail": b.rail, "address": b.address, "message": b.message, "allow": b.allow} for b in self.blocked
            ],
            "drift": [change.as_json() for change in self.drift],
            "warnings": [{**asdict(warning), "severity": str(warning.severity)} for warning in self.warnings],
        }
