"""Whether what is live does its work: the second axis of `engine status`, beside whether it is what the config says.

The two are as far apart as in Argo CD: a shop whose config is applied may have no worker, and one that delivers well
may be a release behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.types import MessageState


class Health(StrEnum):
    """How what is live fares."""

    HEALTHY = "healthy"
    SUSPENDED = "suspended"  # somebody paused it, in part or as a whole
    DEGRADED = "degraded"  # something does not do its work, or waits for a person
    MISSING = "missing"  # nothing was applied yet


@dataclass(frozen=True, slots=True)
class Facts:
    """What health is judged by, as `engine status` prints it."""

    is_live: bool
    due: Sequence[str]  # lanes with messages that are due
    queue: Mapping[str, Mapping[str, int]]
    workers: Sequence[Mapping[str, Any]]
    pauses: Sequence[Mapping[str, Any]]
    breakers: Sequence[Mapping[str, Any]]
    undone: Sequence[Mapping[str, Any]]
    reconcile: Mapping[str, Any] | None
    webhooks: Sequence[Mapping[str, Any]]


def health(facts: Facts) -> dict[str, Any]:
    """Gives the state, and each reason for it with its code, its scope (an address, or null) and words."""
    troubles = [{"code": code, "scope": scope, "message": message} for code, scope, message in _troubles(facts)]
    paused = [
        {"code": "health.paused", "scope": pause["scope"], "message": f"paused by {pause['by']}: {pause['why']}"}
        for pause in facts.pauses
    ]
    if not facts.is_live:
        state = Health.MISSING
    elif troubles:
        state = Health.DEGRADED
    else:
        state = Health.SUSPENDED if paused else Health.HEALTHY
    return {"state": str(state), "reasons": [*troubles, *paused]}


def line(shown: Mapping[str, Any]) -> str:
    """Gives it in a line."""
    said = "; ".join(f"{why['scope'] or 'engine'}: {why['message']}" for why in shown["reasons"])
    return f"{shown['state']}{f' ({said})' if said else ''}"


def _troubles(facts: Facts) -> Iterator[tuple[str, str | None, str]]:
    if facts.due and not any(worker["alive"] for worker in facts.workers):
        yield "health.no-worker", None, "messages are due, and no worker runs: engine run"
    for breaker in facts.breakers:
        yield "health.rests", breaker["scope"], f"rests: {breaker['code']} {breaker['message']}"
    for workspace, states in facts.queue.items():
        held = states.get(MessageState.HELD, 0)
        if held:
            yield "health.held", workspace, f"{held} held for a person: engine messages --state held"
    for step in facts.undone:
        yield "health.undone", step["address"], "the last apply left it undone at the provider: engine apply"
    if facts.reconcile is not None and (facts.reconcile["result"] == "failed" or facts.reconcile["late"]):
        late = "no round for long" if facts.reconcile["late"] else facts.reconcile["message"]
        yield "health.reconcile", None, f"reconcile: {late}"
    for webhook in facts.webhooks:
        if webhook["gone_at"]:
            scope = f"{webhook['workspace']}/workspace"
            yield (
                "health.webhook-gone",
                scope,
                f"the webhook {webhook['webhook']} answered 410 and is not called any more",
            )
