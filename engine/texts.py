"""Texts that came in, as the `Store` keeps them: what each one said, and what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.outbox import Queued, Send
from engine.record import record
from engine.types import Consent, ConsentState, InboundMessage, Json, Person


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


@record
class Texter:
    """Who sent a text, to which sender's value, and the sender that their consent is about, empty for all of them."""

    workspace: str
    number: str
    to: str
    scope: str = ""


@record
class Acquaintance:
    """What is known of a texter."""

    person: str | None  # the id of who has the number; of several, the first
    consent: ConsentState
    lately: int  # texts from the number to the sender after the moment that was asked about


@record
class Arrival:
    """A text that comes in, with all that it does: what is kept beside its words, entries of the ledger, changed
    attributes of a person, and one reply, which goes to the number that texted and is for `person` where one is given.
    """

    workspace: str
    message: InboundMessage
    outcome: Mapping[str, Json]
    consent: Sequence[Consent] = ()
    reply: Send | None = None
    person: Person | None = None


class Texts(ABC):
    """The part of the `Store` contract that takes texts in and looks back at them."""

    @abstractmethod
    def acquaintances(self, texters: Sequence[Texter], *, since: datetime) -> Sequence[Acquaintance]:
        """Gives what is known of each texter; texts are counted after `since`."""

    @abstractmethod
    def record_texts(self, arrivals: Sequence[Arrival], *, at: datetime) -> Sequence[Queued | None]:
        """Records texts, each once, in order, with all their effects in one transaction.

        Returns of each what was queued in reply; None where its provider id was recorded before. Raises UsageError
        where a reply's key was used with another template or other data; nothing is recorded then.
        """

    def record_inbound(
        self,
        workspace: str,
        message: InboundMessage,
        *,
        at: datetime,
        outcome: Mapping[str, Json],
        consent: Sequence[Consent] = (),
        reply: Send | None = None,
        person: Person | None = None,
    ) -> Queued | None:
        """Records one text; see `record_texts`."""
        (queued,) = self.record_texts([Arrival(workspace, message, outcome, consent, reply, person)], at=at)
        return queued

    @abstractmethod
    def texts(
        self, *, workspace: str | None = None, number: str | None = None, newest: int | None = None
    ) -> Iterator[Text]:
        """Streams texts that came in, oldest first; with `newest`, only the last that many."""

    @abstractmethod
    def start_later(
        self, workspace: str, provider_id: str, send: Send, *, number: str, person: str | None
    ) -> str | None:
        """Queues a message to a number because of a text that is recorded already, and gives its id. None where the
        same template, started by an earlier text, still waits to be sent to that number."""
