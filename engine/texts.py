"""Texts that came in, as the `Store` keeps them: what each one said, and what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.outbox import Send
from engine.types import Json


@dataclass(frozen=True, slots=True)
class Text:
    """A text that came in. Number, words and media are gone, and `outcome` is empty, once who wrote it is erased."""

    workspace: str
    provider_id: str
    number: str | None  # who wrote it, E.164
    to: str  # the sender's value
    body: str | None
    media: tuple[str, ...]
    at: datetime
    outcome: Mapping[str, Json]
    reply: str | None = None  # id of the message that answers it
    started: str | None = None  # id of the message that it made be sent later on


class Texts(ABC):
    """The part of the `Store` contract that looks back at texts."""

    @abstractmethod
    def texts(
        self, *, workspace: str | None = None, number: str | None = None, newest: int | None = None
    ) -> Iterator[Text]:
        """Streams texts that came in, oldest first; with `newest`, only the last that many."""

    @abstractmethod
    def count_texts(self, workspace: str, number: str, *, to: str, since: datetime) -> int:
        """Gives how many texts came from a number to a sender after a moment."""

    @abstractmethod
    def start_later(
        self, workspace: str, provider_id: str, send: Send, *, number: str, person: str | None
    ) -> str | None:
        """Queues a message to a number because of a text that is recorded already, and gives its id. None where the
        same template, started by an earlier text, still waits to be sent to that number."""
