"""What a gate is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from engine.compose.composer import Address
from engine.config.settings_models import WorkspaceConfig
from engine.outbox import Claim
from engine.record import record
from engine.types import Json


class Action(StrEnum):
    PASS = "pass"  # noqa: S105 # not a password
    LATER = "later"
    SUPPRESS = "suppress"
    EXPIRE = "expire"


@record
class Verdict:
    """What one gate says. `rule` is where the config says so: an address and field.

    `until` is when a message that waits is looked at again; of one that passes, when it would no longer.
    """

    gate: str
    action: Action
    rule: str
    reason: str | None = None
    until: datetime | None = None

    def as_trail(self) -> dict[str, Json]:
        """The verdict as it is kept for `explain`."""
        entry: dict[str, Json] = {"gate": self.gate, "verdict": str(self.action), "rule": self.rule}
        if self.reason:
            entry["reason"] = self.reason
        return entry


@record
class Case:
    """One message before the gates."""

    claim: Claim
    address: Address
    settings: WorkspaceConfig
    now: datetime
    time_zones: Callable[[str], Sequence[str]]
    """Gives the IANA zones that a number could be in; asked only where a rule depends on them."""


Gate = Callable[[Case], Verdict | None]
"""None where its rule does not concern the message."""


def rule(case: Case, field: str) -> str:
    """Gives where the workspace's config says so."""
    return f"{case.claim.workspace}/workspace#{field}"
