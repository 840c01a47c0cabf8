"""Gates: each looks at one composed address and lets it pass, puts it off, or suppresses it, with a reason.

`explain` prints every verdict with the rule it came from, so each gate names the place in the config that rules it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from engine.compose.composer import Address
from engine.config.models import WorkspaceConfig
from engine.plugins import PluginCrash, Plugins
from engine.store import Claim
from engine.types import Json, OutboundMessage


class Action(StrEnum):
    PASS = "pass"  # noqa: S105 # not a password
    LATER = "later"
    SUPPRESS = "suppress"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says. `rule` is where the config says so: an address and field."""

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


@dataclass(frozen=True, slots=True)
class Case:
    """One message before the gates."""

    claim: Claim
    address: Address
    settings: WorkspaceConfig
    now: datetime


Gate = Callable[[Case], Verdict]


def expired(case: Case) -> Verdict:
    """Ends a message whose time is over. `valid_for` counts from when it was first let go, not from its queueing."""
    rule = f"{case.claim.workspace}/workspace#sending.valid_for"
    let_go = case.claim.let_go_at
    if let_go is not None and case.now >= let_go + case.settings.sending.valid_for:
        return Verdict("expired", Action.EXPIRE, rule, "expired.valid-for")
    return Verdict("expired", Action.PASS, rule)


def country(case: Case) -> Verdict:
    """Keeps messages inside the workspace's allow-list of countries."""
    rule = f"{case.claim.workspace}/workspace#audience.countries"
    where = case.address.to.country
    if where in case.settings.countries:
        return Verdict("country", Action.PASS, rule)
    return Verdict("country", Action.SUPPRESS, rule, f"country.not-allowed: {where or 'a number of no country'}")


GATES: Sequence[Gate] = (expired, country)
"""In the order in which they are asked; the first that does not pass decides."""


def ask(case: Case, gates: Sequence[Gate] = GATES) -> list[Verdict]:
    """Gives the verdicts up to the first that does not pass."""
    verdicts = []
    for gate in gates:
        verdicts.append(gate(case))
        if verdicts[-1].action is not Action.PASS:
            break
    return verdicts


def ask_plugins(plugins: Plugins, message: OutboundMessage, now: datetime) -> Verdict:
    """Asks every plugin for a reason not to send. One that crashes keeps the message back until it can be asked."""
    try:
        reasons = plugins.suppress(message, now)
    except PluginCrash as crash:
        return Verdict(
            "plugins", Action.LATER, "engine#plugins", f"plugin.crashed: {crash}", now + timedelta(minutes=1)
        )
    if reasons:
        first = reasons[0]
        words = f"{first.reason}: {first.message}" if first.message else first.reason
        return Verdict("plugins", Action.SUPPRESS, "engine#plugins", words)
    return Verdict("plugins", Action.PASS, "engine#plugins")
