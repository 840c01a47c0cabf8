"""Calls of webhooks, as the `Store` keeps them: recorded with the text that causes them, made later, at least once.

A webhook is an address of somebody else's that a keyword rule calls. A call keeps its id whatever happens, so that who
is called can tell a repetition.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class CallState(StrEnum):
    PENDING = "pending"  # due, or waiting for its next attempt
    DELIVERED = "delivered"  # answered with 2xx
    FAILED = "failed"  # given up


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is to be made. `text` is the provider's id of the text that causes it, recorded already."""

    id: str
    workspace: str
    webhook: str  # its name in workspace.yaml
    text: str
    body: str  # the JSON that is signed and sent, to the byte
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedCall:
    """A call that one worker may make until its lease runs out. `attempts` counts those that were made."""

    id: str
    workspace: str
    webhook: str
    body: str
    attempts: int


@dataclass(frozen=True, slots=True)
class CallChange:
    """What came of an attempt; made only while its worker holds the lease."""

    id: str
    owner: str
    state: CallState
    at: datetime
    reason: str | None = None
    due_at: datetime | None = None  # of the next attempt
    counts: bool = True  # whether an attempt was made


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call as `engine webhooks` shows it."""

    id: str
    workspace: str
    webhook: str
    text: str
    state: CallState
    attempts: int
    reason: str | None
    due_at: datetime
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class GoneWebhook:
    """A webhook that answered 410: it is not called again until an operator says so or its address changes."""

    workspace: str
    webhook: str
    url: str
    at: datetime


class Webhooks(ABC):
    """The part of the `Store` contract that keeps calls of webhooks."""

    @abstractmethod
    def add_calls(self, calls: Sequence[Call]) -> None:
        """Records calls, due at once."""

    @abstractmethod
    def claim_calls(
        self,
        *,
        owner: str,
        now: datetime,
        lease: timedelta,
        each: int,
        limit: int,
        busy: Collection[tuple[str, str]] = (),
    ) -> Sequence[ClaimedCall]:
        """Takes up to `limit` calls that are due, oldest first: up to `each` of one webhook, none of those that are
        `busy` (workspace, webhook). One whose lease ran out is due again."""

    @abstractmethod
    def change_calls(self, changes: Sequence[CallChange]) -> Sequence[bool]:
        """Makes each change whose worker still holds the lease; True where made. The body of a delivered call goes."""

    @abstractmethod
    def calls_due(self, now: datetime) -> bool:
        """True where a call is due, also one that a worker holds."""

    @abstractmethod
    def calls(
        self, *, workspace: str | None = None, states: Collection[CallState] = (), newest: int | None = None
    ) -> Iterator[CallRecord]:
        """Streams calls, oldest first; with `newest`, only the last that many."""

    @abstractmethod
    def calls_of(self, texts: Collection[tuple[str, str]]) -> Sequence[CallRecord]:
        """Gives the calls that texts (workspace, provider's id) caused."""

    @abstractmethod
    def count_calls(self) -> Mapping[tuple[str, str], Mapping[CallState, int]]:
        """Gives how many calls of each webhook (workspace, name) are pending or failed; webhooks without any are left
        out."""

    @abstractmethod
    def retry_calls(
        self, workspace: str, *, webhook: str | None = None, ids: Collection[str] = (), at: datetime
    ) -> int:
        """Makes failed calls pending and due, from their first attempt on: those of a webhook, or those with these ids.
        Gives how many. Their webhooks are no longer gone. One whose body was erased stays as it is."""

    @abstractmethod
    def forget_calls(self, *, before: datetime, limit: int) -> int:
        """Forgets calls that were delivered before a moment, the oldest first. Gives how many, `limit` at most."""

    @abstractmethod
    def webhook_is_gone(self, gone: GoneWebhook) -> None:
        """Keeps that a webhook answered 410, and gives up its pending calls (`webhook.gone`)."""

    @abstractmethod
    def gone_webhooks(self) -> Sequence[GoneWebhook]:
        """Gives the webhooks that answered 410, by name."""
