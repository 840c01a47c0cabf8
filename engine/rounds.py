"""What `engine reconcile` did last, as the `Store` keeps it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class RoundResult(StrEnum):
    """What became of a round."""

    APPLIED = "applied"  # there is a new release
    UNCHANGED = "unchanged"  # what is live is what the config says
    DRIFTED = "drifted"  # something else was made live, or set at a provider, and nobody said that it be undone
    FAILED = "failed"  # nothing became live; the message says why


@dataclass(frozen=True, slots=True)
class Round:
    """One round. `release` is what was live after it, None where nothing was or the round could not know."""

    at: datetime
    by: str  # user@host
    every: timedelta | None  # until the next one; None where there was to be one alone
    result: RoundResult
    commit: str | None = None  # what the config was at
    release: str | None = None
    message: str = ""  # why it failed, or what has drifted
    since: datetime | None = None  # when it first failed or drifted, of those in a row
    config: str | None = None  # a hash of the config that a round last found or made live


class Rounds(ABC):
    """The part of the contract that remembers the last round."""

    @abstractmethod
    def record_round(self, done: Round) -> None:
        """Remembers a round in the place of the one before it."""

    @abstractmethod
    def last_round(self) -> Round | None:
        """Gives the last round, None before the first."""
