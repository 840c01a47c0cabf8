"""The step from what is live to what is asked for, as safety rails look at it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.reconcile.addresses import Objects, workspace_of
from engine.reconcile.changes import Action, Change


@dataclass(frozen=True, slots=True)
class Step:
    """What is live, what is asked for, what changes, and how many queued messages need which object."""

    before: Objects
    after: Objects
    changes: tuple[Change, ...]
    needed: Mapping[str, int]  # address → messages

    def of(self, action: Action) -> Iterator[Change]:
        """Gives the changes of one action."""
        return (change for change in self.changes if change.action is action)

    def goes_away(self, address: str) -> bool:
        """True where the whole workspace of an object goes away: that is one decision, and asked about once."""
        own = f"{workspace_of(address)}/workspace"
        return own in self.before and own not in self.after

    def is_new(self, address: str) -> bool:
        """True where the whole workspace of an object is new."""
        own = f"{workspace_of(address)}/workspace"
        return own not in self.before and own in self.after
