"""The `Store` contract: everything that Engine remembers.

Synchronous and batched: a call is one transaction, and what it returned is on disk. Every change of a message is
fenced by the state, attempt and owner that the caller saw; a change whose fence no longer holds is not made,
and the caller is told so. Callers bring the time; a store never reads the clock.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from engine.calls import Calls
from engine.caps import Spending
from engine.clicks import Clicks
from engine.ledger import Ledger
from engine.locks import Locks
from engine.outbox import (
    Change,
    Claim,
    Committed,
    HistoryEntry,
    Link,
    MessageRecord,
    Prepared,
    Queued,
    Send,
    Worker,
)
from engine.provider_steps import ProviderSteps
from engine.rounds import Rounds
from engine.stops import Stops
from engine.texts import Texts
from engine.types import (
    Consent,
    ConsentState,
    MessageState,
    Person,
    Release,
)
from engine.waiting import Waiting
from engine.webhooks import Webhooks


class Store(Stops, Spending, Ledger, Clicks, Calls, Texts, Waiting, Webhooks, Rounds, ProviderSteps, Locks, ABC):
    """Keeps releases, people, consent, messages, texts, links, clicks and calls of webhooks. Safe to use from several
    threads and processes at once."""

    scheme: ClassVar[str]
    """The URL scheme that names it in `state:`, e.g. "sqlite"."""

    @classmethod
    @abstractmethod
    def open(cls, url: str, *, folder: Path, read_only: bool = False) -> Store:
        """Opens the state at `url` (relative paths start at `folder`), making and migrating it unless read_only.

        Raises StateUnavailable. With read_only, a state that does not exist yet reads as an empty one.
        """

    @abstractmethod
    def close(self) -> None:
        """Closes the state. Called once, after the last call."""

    # releases

    @abstractmethod
    def live_release(self) -> Release | None:
        """Gives the applied release, None before the first apply."""

    @abstractmethod
    def live_release_id(self) -> str | None:
        """Gives the applied release's id alone: cheap."""

    @abstractmethod
    def release(self, release_id: str) -> Release | None:
        """Gives a release by its id, None where there is none."""

    @abstractmethod
    def releases(self, *, limit: int = 100) -> Sequence[Release]:
        """Gives the newest releases first, without their objects."""

    @abstractmethod
    def put_release(self, release: Release) -> None:
        """Records a release and makes it live. Raises PlanStale where its base is no longer live."""

    # people

    @abstractmethod
    def upsert_people(
        self, people: Sequence[Person], *, at: datetime, consent: Consent | None = None
    ) -> tuple[int, int]:
        """Adds people or merges their attributes into who is there (None removes one). Returns (added, updated).

        A phone of None leaves the number that is there, an empty one takes it away.
        `consent` is a model for one entry per number; a stopped number stays stopped, and what holds already is not
        entered again.
        """

    @abstractmethod
    def people(self, workspace: str, *, after: str = "", limit: int = 1000) -> Sequence[Person]:
        """Gives people in order of id, those after `after`."""

    @abstractmethod
    def person(self, workspace: str, person_id: str) -> Person | None:
        """Gives a person by id, None where there is none."""

    @abstractmethod
    def some_people(self, workspace: str, ids: Collection[str]) -> Sequence[Person]:
        """Gives those of the people who are there, in any order."""

    @abstractmethod
    def people_with_number(self, workspace: str, number: str) -> Sequence[Person]:
        """Gives everybody whose number, in E.164, is this one."""

    @abstractmethod
    def count_people(self, workspace: str) -> int:
        """Gives how many people a workspace has."""

    @abstractmethod
    def erase_person(self, workspace: str, person_id: str, *, at: datetime) -> bool:
        """Forgets a person: attributes, number, and the number and words of their messages. Consent stays,
        since a stop must outlive the person. Queued messages are cancelled. False where there is none."""

    # consent

    @abstractmethod
    def consent(self, workspace: str, number: str, *, sender: str = "") -> ConsentState:
        """Gives the consent of a number; `sender` is empty where consent holds for the workspace."""

    @abstractmethod
    def record_consent(self, entries: Sequence[Consent]) -> None:
        """Appends to the ledger and makes each entry the present state of its number; one with a topic, of that topic.

        A REVIEW changes no state: it is one of the number's `reviews` until somebody judges it, or until the number or
        an operator says STOP or START. A STOP also ends what is PENDING.
        """

    @abstractmethod
    def consent_history(self, workspace: str, number: str) -> Sequence[Consent]:
        """Gives the ledger of one number, oldest first."""

    # queueing

    @abstractmethod
    def queue(
        self, send: Send, *, persons: Sequence[str] = (), numbers: Sequence[str] = (), everyone: bool = False
    ) -> Queued:
        """Queues a message for each recipient, all or none. With a key, who has a message under it gets no other.

        Raises UsageError for a person who is not there, and where the key was used with another template or other data.
        """

    # the send loop

    @abstractmethod
    def due_lanes(self, now: datetime) -> Sequence[str]:
        """Gives the lanes that have messages due, most urgent purpose first."""

    @abstractmethod
    def next_due(self, now: datetime) -> datetime | None:
        """Gives when the next message (queued, retry_wait or in_doubt) falls due after `now`, None where none will."""

    @abstractmethod
    def claim(
        self, *, owner: str, now: datetime, lease: timedelta, lane: str, limit: int, spare: int = 0
    ) -> Sequence[Claim]:
        """Takes up to `limit` due messages of a lane: replies, then transactional, then marketing, oldest first. Up to
        `spare` of them are the oldest that are no replies, however many urgent ones wait: nobody waits for ever."""

    @abstractmethod
    def commit(
        self, prepared: Sequence[Prepared], *, now: datetime, lease: timedelta, durable: bool = True
    ) -> Sequence[Committed]:
        """claimed → sending, in one transaction with its checks: the fence, pauses and consent as they are at this
        moment, that the number can be reached, and that no other message of the same send (or key) went to it. What
        fails a check is suppressed with the reason (`consent.stopped`, `consent.not-subscribed`,
        `consent.held-for-review`, `topic.not-subscribed`, `topic.not-confirmed`, `suppressed.…`, `duplicate.number`;
        `link.taken` where a short link is another message's). What is paused goes back to wait for
        its resumption (`paused: …`). What an earlier attempt froze stays as it was.

        Where it need not be `durable`, it outlives this process, but no message may leave before `sync` has returned.
        """

    @abstractmethod
    def sync(self) -> None:
        """Returns when everything that was answered before is on disk. May be called on a thread of its own, beside
        any other call. Raises StateUnavailable, after which what was not yet on disk may never be: not to be tried
        again."""

    @abstractmethod
    def change(self, changes: Sequence[Change], *, durable: bool = True) -> Sequence[bool]:
        """Makes each change whose fence holds; True where made. A provider id that another message has, in any
        workspace, is refused.

        Where it need not be `durable`, a store may answer before the changes are on disk: they outlive this process,
        but may be lost, all of one call, where the machine itself fails before the next durable write."""

    @abstractmethod
    def sweep(self, *, now: datetime, first_look: timedelta) -> Mapping[str, int]:
        """Ends leases that ran out: claimed → queued, or retry_wait where an attempt was made before; sending →
        in_doubt, its first look-up due after `first_look`. Returns how many by new state."""

    @abstractmethod
    def renew(self, *, owner: str, ids: Sequence[str], until: datetime) -> None:
        """Extends the leases of claimed messages that wait for their lane."""

    @abstractmethod
    def due_doubts(self, *, owner: str, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim]:
        """Gives messages in doubt whose look-up is due, and takes them out of other workers' sight for the lease."""

    @abstractmethod
    def taken(self, number: str, *, except_for: str) -> set[str]:
        """Gives the provider ids that other messages to a number already have, in every workspace: two of them
        may share an account."""

    @abstractmethod
    def must_wait(self, number: str, body: str, *, except_for: str) -> bool:
        """True while a look-up could take another message for the one it asks about: one to the same number is on
        the wire, or an older one with the same words is in doubt and is looked up first."""

    @abstractmethod
    def unfinished(
        self,
        *,
        now: datetime,
        older_than: timedelta,
        limit: int,
        after: str = "",
        without: Collection[str] = (),
    ) -> Sequence[MessageRecord]:
        """Gives accepted and sent messages whose last change is older, for the status poller, in order of id; those of
        the workspaces `without` are left out."""

    # looking

    @abstractmethod
    def messages(
        self,
        *,
        workspace: str | None = None,
        states: Collection[MessageState] = (),
        newest: int | None = None,
    ) -> Iterator[MessageRecord]:
        """Streams the outbox, oldest first; with `newest`, only the last that many."""

    @abstractmethod
    def message(self, message_id: str) -> MessageRecord | None:
        """Gives a message by its id, None where there is none."""

    @abstractmethod
    def claim_view(self, message_id: str) -> Claim | None:
        """Gives a message with all that its pipeline would know, without taking it."""

    @abstractmethod
    def history(self, message_id: str) -> Sequence[HistoryEntry]:
        """Gives what happened to a message, oldest first."""

    @abstractmethod
    def count_states(self, *, workspace: str | None = None) -> Mapping[MessageState, int]:
        """Gives how many messages are in each state; states without any are left out."""

    @abstractmethod
    def count_lanes(self) -> Mapping[str, Mapping[MessageState, int]]:
        """Gives how many messages each lane that ever had any has, by state."""

    @abstractmethod
    def link(self, short: str) -> tuple[str, Link] | None:
        """Gives (message id, link) of a short address."""

    @abstractmethod
    def links(self, message_id: str) -> Sequence[Link]:
        """Gives the short links of a message, in the order of its text."""

    # workers

    @abstractmethod
    def heartbeat(self, worker: Worker, *, alive_within: timedelta) -> None:
        """Announces a worker. Raises StateUnavailable where another machine's is alive and only one may be."""

    @abstractmethod
    def retire(self, owner: str) -> None:
        """Forgets a worker and gives its claims back; what it had on the wire becomes doubt when its lease runs out."""

    @abstractmethod
    def workers(self) -> Sequence[Worker]:
        """Gives the workers with their last heartbeats."""
