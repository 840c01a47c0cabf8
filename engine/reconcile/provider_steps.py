"""Takes the steps of a plan at providers: one sender after the other, each remembered as soon as its end is known.

A step sets what it sets or nothing, and setting it again does no harm. So what was begun and never heard of again is
simply looked at: the next apply finds it done, or does it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from engine.errors import ChangeRefused, EngineError
from engine.provider_steps import ProviderStep, SenderKey, StepState
from engine.reconcile.changes import Plan
from engine.reconcile.provider_side import ProviderSide, sets_of
from engine.store import Store
from engine.types import Clock, RemoteChange

CRASH_POINT = "mid-provider"
"""Visited twice a step: before the provider is told, and when it has done it and nothing is remembered."""


class Providers(Protocol):
    """What apply needs of providers."""

    def look(self, remembered: Mapping[SenderKey, Mapping[str, str]]) -> ProviderSide:
        """Gives what is to be done at them."""

    def configure(self, workspace: str, change: RemoteChange) -> None:
        """Makes one change."""


def steps_of(side: ProviderSide, *, digest: str, by: str, clock: Clock) -> list[ProviderStep]:
    """Gives the steps of what is to be done, in the order in which they are taken."""
    return [
        ProviderStep(
            address=change.address,
            sender=side.senders[change.address],
            sets=sets_of(change),
            digest=digest,
            by=by,
            at=clock(),
        )
        for change in sorted(side.changes, key=lambda change: change.address)
    ]


def goes_on(plan: Plan, agreed: Collection[str], last: Sequence[ProviderStep]) -> bool:
    """True where a plan is what is left to do of steps that were begun, under one of the digests that were agreed to:
    nothing but steps that did not end well."""
    left = {step.address: step.sets for step in last if step.state is not StepState.DONE}
    return (
        not plan.of_config
        and set(agreed) <= {step.digest for step in last}
        and all(left.get(change.address) == sets_of(change) for change in plan.at_providers)
    )


def take(
    store: Store, providers: Providers, side: ProviderSide, *, clock: Clock, faults: Callable[[str], None]
) -> Sequence[ProviderStep]:
    """Takes the steps that were begun last, and gives what became of each.

    A refusal concerns its own sender: the next step is taken. Where a provider cannot be reached, or says no to the
    credentials, its workspace's further steps stay pending.
    """
    broken: set[str] = set()
    for step in store.last_steps():
        workspace = step.sender.workspace
        if workspace in broken:
            continue
        faults(CRASH_POINT)
        try:
            providers.configure(workspace, side.requests[step.address])
        except ChangeRefused as error:
            store.end_step(step.address, StepState.FAILED, at=clock(), message=error.message)
        except Exception as error:  # noqa: BLE001 # also where a plugin crashes, what was done is remembered and told
            broken.add(workspace)
            message = error.message if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
            store.end_step(step.address, StepState.FAILED, at=clock(), message=message)
        else:
            faults(CRASH_POINT)
            store.end_step(step.address, StepState.DONE, at=clock())
    return store.last_steps()
