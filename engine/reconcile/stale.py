"""Compares what was reviewed with what would be applied, by meaning, and says what came between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.errors import PlanStale
from engine.reconcile import saved
from engine.reconcile.changes import Plan

_HINT = "review it again: engine plan"

Earlier = Callable[[], Iterable[Plan]]
"""Gives what the plan would have been on earlier releases, the newest first: made only where something differs."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was agreed to before: a plan file, a digest, both or neither."""

    plan: saved.Saved | None = None
    digest: str | None = None

    @property
    def digests(self) -> frozenset[str]:
        """The digests that were agreed to: none, one, or two that differ."""
        both = (self.digest, self.plan.digest if self.plan else None)
        return frozenset(digest for digest in both if digest is not None)


def compare(reviewed: Reviewed, fresh: Plan, earlier: Earlier = tuple) -> None:
    """Raises PlanStale, with the differences, where what was reviewed is not what would be applied."""
    if reviewed.plan is not None and not saved.same_meaning(reviewed.plan, fresh):
        raise _moved("the saved plan", reviewed.plan, fresh)
    if reviewed.digest is None or reviewed.digest == fresh.digest:
        return
    was = next((plan for plan in earlier() if plan.digest == reviewed.digest), None)
    if was is not None:
        raise _moved("the plan with that digest", saved.of(was), fresh)
    raise PlanStale(
        f"the plan to apply has the digest {fresh.digest}, not {reviewed.digest}: the config, the live release, "
        "the environment, what a provider has or a version is another one",
        hint=_HINT,
    )


def _moved(what: str, was: saved.Saved, fresh: Plan) -> PlanStale:
    why = "; ".join(saved.differences(was, fresh))
    return PlanStale(f"{what} is not what would be applied: {why}", hint=_HINT)
