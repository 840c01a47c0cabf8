"""What the outbox speaks in: sends, claims, what is frozen for the wire, changes and their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.caps import Cap, Cost
from engine.record import record
from engine.types import ConsentNeed, Json, MessageState, Person, Purpose, Sender


@record
class Send:
    """One call of `send`: what its messages share."""

    workspace: str
    template: str
    release: str
    purpose: Purpose
    lane: str  # the sender most likely to carry it, as an address: "acme/sender/support"
    data: Mapping[str, Json]
    event: Mapping[str, Json]
    due_at: datetime
    created_at: datetime
    key: str | None = None
    reply_from: str | None = None  # name of the sender that was texted; the reply leaves from there
    local_at: str | None = None  # a time, or a date and time, in ISO 8601: each recipient's own, so without a zone


@record
class Queued:
    """What queueing did. `ids` are the messages' ids, queued or existing, at most 100 of them."""

    queued: int
    existing: int
    ids: tuple[str, ...]


@record
class Link:
    """One short link of one message."""

    short: str  # the whole short address
    url: str  # where it leads
    position: int
    expires_at: datetime | None


@record
class Frozen:
    """What goes over the wire, decided once, before the first attempt: a retry sends the same."""

    to: str
    country: str | None
    sender: Sender
    body: str
    media: tuple[str, ...]
    encoding: str
    segments: int
    links: tuple[Link, ...] = ()


@record
class Claim:
    """A message that one owner may work on until the lease runs out."""

    id: str
    workspace: str
    send: int  # id of its send
    template: str
    release: str
    purpose: Purpose
    lane: str
    attempt: int  # how many attempts have begun so far
    person: Person | None
    number: str | None  # the number given to `send --to` (E.164), where there is no person
    data: Mapping[str, Json]
    event: Mapping[str, Json]
    reply_from: str | None
    frozen: Frozen | None  # None before the first attempt
    created_at: datetime
    due_at: datetime
    state: MessageState = MessageState.CLAIMED
    attempt_started_at: datetime | None = None
    look_ups: int = 0  # answered look-ups of the present doubt
    via: str = ""  # the release whose `delivery` carried the last attempt
    let_go_at: datetime | None = None  # when the first attempt began: `valid_for` counts from here
    local_at: str | None = None  # see `Send`


TOO_LATE = "quiet-hours.began"
"""Why most messages may not go once their moment is over; the confirmation of a STOP has a reason of its own."""


@record
class Prepared:
    """A composed message that passed the gates, ready to be committed to `sending`."""

    id: str
    owner: str
    attempt: int  # the attempts begun before; the commit makes it attempt + 1
    frozen: Frozen
    need: ConsentNeed
    consent_sender: str  # "" where consent holds for the whole workspace
    trail: Sequence[Mapping[str, Json]] = ()  # the gates passed, for `explain`
    via: str = ""  # the release whose `delivery` carries this attempt: a look-up must ask the same account
    not_after: datetime | None = None  # from then on it must go through its gates again: quiet hours begin
    late: str = TOO_LATE  # the reason from then on
    caps: Sequence[Cap] = ()  # what it must stay under, at its first attempt
    cost: Cost | None = None  # an estimate; None where it is unknown
    marketing: bool = False  # it may not go while a text of its recipient waits to be judged
    topic: str = ""  # its recipient must have subscribed to this, too


@record
class Committed:
    """What became of one Prepared. `state` is SENDING; SUPPRESSED, with the reason; None where the fence failed.

    QUEUED or RETRY_WAIT, with the reason, where its scope was paused meanwhile, a cap has no room or `not_after` has
    come.
    """

    id: str
    state: MessageState | None
    reason: str | None = None


@record
class Change:
    """One fenced change of a message outside the commit."""

    id: str
    was: frozenset[MessageState]
    state: MessageState
    at: datetime
    attempt: int | None = None  # fence, where given
    owner: str | None = None  # fence, where given
    reason: str | None = None
    due_at: datetime | None = None
    lane: str | None = None
    provider_id: str | None = None
    error_code: str | None = None
    error_kind: str = ""  # what the error code is about, for the statistics; counted where a code is given
    look_ups: int | None = None
    not_sent: bool = False  # this attempt certainly left nothing behind
    waits_for: str | None = None  # the paused or resting scope; with `due_at`. Where it no longer is, due at once
    detail: Mapping[str, Json] = field(default_factory=dict)  # kept in the history


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A row of the outbox, as `engine messages` prints it."""

    id: str
    workspace: str
    template: str
    person: str | None
    to: str | None
    sender: str | None  # the sender's value, printed as "from"
    state: MessageState
    reason: str | None
    body: str | None
    media: tuple[str, ...]
    segments: int | None
    encoding: str | None
    provider_id: str | None
    attempts: int
    release: str
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    lane: str
    via: str = ""  # the release whose `delivery` carried the last attempt


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change that happened to a message."""

    at: datetime
    was: MessageState | None  # None for its queueing
    state: MessageState
    attempt: int
    reason: str | None
    detail: Mapping[str, Json]


ALIVE_WITHIN = timedelta(seconds=60)
"""A worker whose heartbeat is older counts as gone."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that runs the send loop."""

    owner: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime

    def is_alive(self, now: datetime) -> bool:
        """True unless its last heartbeat is too old."""
        return now - self.heartbeat_at <= ALIVE_WITHIN
