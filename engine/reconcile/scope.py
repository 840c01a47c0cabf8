"""What a plan touches that the diff under review does not: a release behind the branch, a branch behind the release, a
variable, another version. A reviewer sees the diff, and would agree to more than that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from engine.reconcile.changes import Change, Plan, Reason
from engine.types import Finding, Severity, Source

MOST = 20
"""Changes that are told one by one."""


def with_scope(
    plan: Plan,
    edited: Collection[str],
    *,
    against: str,
    sources: Mapping[str, Source],
    sources_before: Mapping[str, Source],
) -> Plan:
    """Gives the plan with a warning for each change of an object none of whose files is among those that were `edited`
    since `against`. Files are named as in `Source`."""
    beyond = [
        change
        for change in plan.changes
        if change.reason is not Reason.DRIFT and _beyond(change, edited, sources, sources_before)
    ]
    return replace(plan, warnings=(*plan.warnings, *_warnings(beyond, against)))


def _beyond(
    change: Change, edited: Collection[str], sources: Mapping[str, Source], sources_before: Mapping[str, Source]
) -> bool:
    files = {place.file for known in (sources, sources_before) for place in _places(change, known)}
    return bool(files) and files.isdisjoint(edited)


def _places(change: Change, sources: Mapping[str, Source]) -> Iterator[Source]:
    """Gives where an object and its changed fields stand, in an environment's file for instance."""
    addresses = [change.address]
    for name in change.fields:
        steps = name.split(".")
        addresses += (f"{change.address}#{'.'.join(steps[:length])}" for length in range(1, len(steps) + 1))
    yield from (sources[address] for address in addresses if address in sources)


def _warnings(beyond: list[Change], against: str) -> Iterator[Finding]:
    for change in beyond[:MOST]:
        source = change.source
        yield Finding(
            code="plan.beyond-diff",
            severity=Severity.WARNING,
            message=f"the plan would {change.action} {change.address}, and no file of it differs from {against}",
            hint="it comes from what is live, a variable or a version, and not from this diff: look at it as well",
            file=source.file if source else None,
            line=source.line if source else None,
            column=source.column if source else None,
            address=change.address,
        )
    if len(beyond) > MOST:
        yield Finding(
            code="plan.beyond-diff",
            severity=Severity.WARNING,
            message=f"the plan touches {len(beyond) - MOST} more objects of which no file differs from {against}",
            hint="see them all with: engine plan",
        )
