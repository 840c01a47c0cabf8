"""What a release does to messages that wait in the queue, as the `Store` does it: `sending.on_change`.

Only messages that were never attempted are meant: what an attempt froze is sent again as it was.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.types import Purpose


@dataclass(frozen=True, slots=True)
class Queue:
    """Which messages are meant: those of one template."""

    workspace: str
    template: str  # its name


class Waiting(ABC):
    """The part of the `Store` contract that knows of messages that wait, never attempted."""

    @abstractmethod
    def waiting(self) -> Mapping[Queue, int]:
        """Gives how many messages of each template wait and were never attempted; those with none are left out."""

    @abstractmethod
    def migrate(self, queues: Mapping[Queue, Purpose], *, release: str, at: datetime) -> int:
        """Puts the waiting messages of these templates under a release, and gives how many. Each template comes with
        the purpose that it has there; an answer to a text stays one.

        A worker that has claimed one of them loses it: it is claimed again, under the other release.
        """

    @abstractmethod
    def cancel_waiting(self, queues: Collection[Queue], *, release: str, at: datetime) -> int:
        """Cancels the waiting messages of these templates because of a release, and gives how many."""
