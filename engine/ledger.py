"""The consent ledger and what follows from it, as the `Store` keeps it: topics, and texts that wait to be judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.types import Consent, ConsentState


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a number said of one topic last: PENDING, SUBSCRIBED or STOPPED."""

    topic: str
    state: ConsentState
    at: datetime
    detail: str  # of its entry in the ledger: the rule that asked


@dataclass(frozen=True, slots=True)
class Review:
    """A text that may take consent back, and waits for a person to judge it. `entry` is its place in the ledger."""

    entry: int
    held: Consent  # its words, number, sender, time and the provider's id, as in the ledger


class Ledger(ABC):
    """The part of the store that proves what people agreed to."""

    @abstractmethod
    def ledger(self, *, workspace: str | None = None, number: str | None = None) -> Iterator[Consent]:
        """Streams the ledger, oldest entry first. It only grows: no entry is ever changed or taken away."""

    @abstractmethod
    def subscriptions(self, workspace: str, number: str) -> Sequence[Subscription]:
        """Gives what a number said of each topic, the newest first."""

    @abstractmethod
    def reviews(self, *, workspace: str | None = None, numbers: Collection[str] = ()) -> Sequence[Review]:
        """Gives the texts that wait to be judged, oldest first; with `numbers`, only theirs."""

    @abstractmethod
    def count_reviews(self) -> Mapping[str, int]:
        """Gives how many texts wait to be judged, by workspace; workspaces without any are left out."""

    @abstractmethod
    def settle_reviews(self, workspace: str, number: str, *, stop: bool, by: str, at: datetime) -> Sequence[Review]:
        """Ends the wait of all of a number's texts, and gives which they were. With `stop`, consent is taken back as
        each of them asked. Otherwise it stays as it is. The ledger keeps who judged either way."""
