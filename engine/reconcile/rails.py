"""Safety rails: what apply refuses unless it is told to, rail by rail and address by address.

A rail is a function of the changes alone: `plan` shows it in a pull request, and `apply` refuses in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.errors import UsageError
from engine.reconcile.changes import Action, Blocked, Change

Rail = Callable[[Sequence[Change]], Iterable[Blocked]]


def protect(changes: Sequence[Change]) -> Iterator[Blocked]:
    """Blocks the deletion of an object that was applied with `protect: true`.

    The protection is read from the release, not from the config: it must outlive the file that declares it
    (Terraform's prevent_destroy does not, hashicorp/terraform#18481).
    """
    for change in changes:
        if change.action is Action.DELETE and change.before is not None and change.before.get("protect") is True:
            yield Blocked(
                "protect",
                change.address,
                f"{change.address} is protected and would be deleted; apply `protect: false` first, or allow it",
            )


RAILS: tuple[tuple[str, Rail], ...] = (("protect", protect),)


def rails(changes: Sequence[Change]) -> tuple[Blocked, ...]:
    """Gives everything that is in the way, sorted by address and rail."""
    found = (blocked for _, rail in RAILS for blocked in rail(changes))
    return tuple(sorted(found, key=lambda blocked: (blocked.address, blocked.rail)))


def check_allow(allow: Iterable[str]) -> None:
    """Raises UsageError for what is no acknowledgement of a known rail, as RAIL:ADDRESS."""
    known = [name for name, _ in RAILS]
    for one in allow:
        rail, _, address = one.partition(":")
        if rail not in known or not address:
            raise UsageError(
                f"--allow {one!r} names no rail and address", hint=f"write RAIL:ADDRESS; rails: {', '.join(known)}"
            )
