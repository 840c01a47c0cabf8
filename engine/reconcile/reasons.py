"""Why an object changes: somebody edited it, or something did it that no diff of its file shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.reconcile.addresses import PROVIDER, kind_of
from engine.reconcile.changes import Change, Plan, Reason
from engine.types import Source

_ENVIRONMENTS = "/environments/"


@dataclass(frozen=True, slots=True)
class Known:
    """What reasons are found by; files are named as in `Source`."""

    sources: Mapping[str, Source]
    sources_before: Mapping[str, Source]
    edited: Collection[str] | None  # files that differ from those of the base; None where git does not know
    same_versions: bool  # engine and plugins are those that made the base
    has_variable: Callable[[Source], bool]  # whether a variable stands at a place


def with_reasons(plan: Plan, known: Known) -> Plan:
    """Gives the plan with the reason of each change of the config; those at providers keep their own."""
    changes = (
        change if kind_of(change.address) == PROVIDER else replace(change, reason=_reason(change, known))
        for change in plan.changes
    )
    return replace(plan, changes=tuple(changes))


def _reason(change: Change, known: Known) -> Reason:
    now = list(_places(change, known.sources))
    both = [*now, *_places(change, known.sources_before)]
    if change.fields and any(_ENVIRONMENTS in f"/{place.file}" for place in both):
        return Reason.ENVIRONMENT
    if known.edited is None or any(place.file in known.edited for place in both):
        return Reason.EDITED
    if any(known.has_variable(place) for place in now):
        return Reason.ENVIRONMENT
    return Reason.DEPENDENCY if known.same_versions else Reason.PLUGIN


def _places(change: Change, sources: Mapping[str, Source]) -> Iterator[Source]:
    """Gives where the changed fields stand, each as near as it is written; the object's own place where none is."""
    found = False
    for name in change.fields:
        steps = name.split(".")
        for length in range(len(steps), 0, -1):
            place = sources.get(f"{change.address}#{'.'.join(steps[:length])}")
            if place is not None:
                found = True
                yield place
                break
    own = sources.get(change.address)
    if not found and own is not None:
        yield own
