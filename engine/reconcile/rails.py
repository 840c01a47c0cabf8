"""Safety rails: what apply refuses unless it is told to, rail by rail and address by address.

A rail is a function of what is live, what is asked for, and which messages wait: `plan` shows it in a pull request, and
`apply` refuses in the same words. Nothing is in the way of what was never applied: a first release, or a new workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.errors import UsageError
from engine.reconcile import guards, thresholds
from engine.reconcile.addresses import Objects
from engine.reconcile.changes import Blocked, Change
from engine.reconcile.step import Step

RAILS: tuple[tuple[Callable[[Step], Iterable[Blocked]], tuple[str, ...]], ...] = (
    (guards.protect, ("protect",)),
    (guards.queued, ("queued",)),
    (guards.opt_out, ("opt-out",)),
    (guards.credentials, ("credentials",)),
    (thresholds.empty, ("empty",)),
    (thresholds.limits, thresholds.LIMITS),
)
"""Each rail with the names that it goes by in `--allow`."""


def rails(
    before: Objects | None, after: Objects, changes: Sequence[Change], needed: Mapping[str, int]
) -> tuple[Blocked, ...]:
    """Gives everything that is in the way, sorted by address and rail. `needed` counts by address the queued messages
    that cannot do without an object; see `engine.reconcile.needs`."""
    if before is None or not changes:
        return ()
    step = Step(before, after, tuple(changes), needed)
    found = (blocked for rail, _ in RAILS for blocked in rail(step))
    return tuple(sorted(found, key=lambda blocked: (blocked.address, blocked.rail)))


def check_allow(allow: Iterable[str]) -> None:
    """Raises UsageError for what is no acknowledgement of a known rail, as RAIL:ADDRESS."""
    known = [name for _, names in RAILS for name in names]
    for one in allow:
        rail, _, address = one.partition(":")
        if rail not in known or not address:
            raise UsageError(
                f"--allow {one!r} names no rail and address", hint=f"write RAIL:ADDRESS; rails: {', '.join(known)}"
            )
