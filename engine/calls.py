"""What calls of providers need of the `Store`: many in one transaction, and one message by what is known of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from engine.outbox import Claim, MessageRecord


class Calls(ABC):
    """The part of the store that serves calls of providers."""

    @abstractmethod
    def together(self) -> AbstractContextManager[object]:
        """Makes one transaction of all that this thread asks of the store within: all of it is on disk afterwards, or,
        where an exception leaves it, nothing. Within another, it is a part that can fail by itself."""

    @abstractmethod
    def called_about(self, calls: Sequence[tuple[str | None, str]]) -> Sequence[MessageRecord | None]:
        """Gives the message that each call (our id where the call has it, the provider's id) is about: the one of that
        id or else the one that the provider knows under its own; None where there is neither."""

    @abstractmethod
    def take(self, message_id: str, *, owner: str, now: datetime, lease: timedelta) -> Claim | None:
        """Claims one message that is queued and due, as `claim` does; None where it is not, or not any more."""

    @abstractmethod
    def reply_to(self, workspace: str, provider_id: str) -> str | None:
        """Gives the message that was queued in reply to an inbound text, None where none was."""

    @abstractmethod
    def inbound_until(self, workspace: str) -> datetime | None:
        """Gives until when the provider was asked for texts that a workspace has received, None where it never was."""

    @abstractmethod
    def set_inbound_until(self, workspace: str, until: datetime) -> None:
        """Keeps until when the provider was asked; never earlier than before."""
