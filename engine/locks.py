"""Named locks, as the `Store` keeps them: who holds one, and what is known of a holder that died with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who has a lock, or had it when they died."""

    name: str  # "ada@desk"
    host: str
    pid: int
    since: datetime
    run: str | None = None  # address of the run of a CI that it happens in

    def __str__(self) -> str:
        run = f", {self.run}" if self.run else ""
        return f"{self.name} (process {self.pid} on {self.host}{run}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


class Locks(ABC):
    """The part of the store that keeps two from doing the same thing at once."""

    @abstractmethod
    def lock(
        self, name: str, *, holder: str, wait: timedelta, run: str | None = None
    ) -> AbstractContextManager[LockHolder | None]:
        """Holds a named lock. The dead hold nothing: gives who died with it, None where its last holder let it go.

        Raises LockHeld after `wait`, saying who has it, since when and from where. `run` is the address of the run of
        a CI that asks.
        """
