"""What holds messages back, as the `Store` keeps it: pauses, open breakers, numbers that cannot be reached, cancelling.

A scope is written as an address without its kind where the kind is clear: a workspace `acme`, a sender
`acme/sender/support`, a template `acme/template/club/welcome`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.types import MessageState, Release

WHENEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a message is due that waits for a pause to end: `resume` makes it due at once."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One entry of the ledger of pauses: `paused` is True where it began, False where it ended."""

    scope: str
    paused: bool
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Breaker:
    """Why a sender (or, for refused credentials, a workspace) rests. After `until` one message is tried."""

    scope: str
    code: str  # the provider's own
    message: str
    opened_at: datetime
    until: datetime
    failures: int  # in a row; each doubles the rest
    tried_until: datetime | None = None  # while one message is being tried, nobody else tries another

    def is_open(self, now: datetime) -> bool:
        """True while nothing may go; afterwards the breaker is half open, until a message tells."""
        return now < self.until


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A number that the provider says cannot be reached, for good; kept by workspace."""

    workspace: str
    number: str
    code: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How often a provider's code was met in a workspace, over all attempts and receipts."""

    workspace: str
    code: str
    kind: str  # what the code is about: "recipient", "content", "sender", "retry", "doubt" …
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Which:
    """Which messages are meant: these ids, or those of a workspace that the template and the key fit."""

    ids: tuple[str, ...] = ()
    workspace: str | None = None
    template: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What cancelling did. `left` counts the messages that were meant and may go out or have gone out, by state."""

    cancelled: int
    left: Mapping[MessageState, int] = field(default_factory=dict)


class Stops(ABC):
    """The part of the `Store` contract that holds messages back."""

    # pauses

    @abstractmethod
    def pause(self, scope: str, *, by: str, why: str, at: datetime) -> None:
        """Pauses a scope: once it returns, no message of it is committed. Recorded also where it is paused already."""

    @abstractmethod
    def resume(self, scope: str, *, by: str, why: str, at: datetime) -> bool:
        """Ends the pause and the breaker of a scope, and makes due what waited for them. False where it had neither."""

    @abstractmethod
    def pauses(self) -> Sequence[Pause]:
        """Gives the pauses in force, by scope."""

    @abstractmethod
    def pause_history(self) -> Sequence[Pause]:
        """Gives the whole ledger of pauses, oldest first."""

    # breakers

    @abstractmethod
    def open_breaker(
        self, scope: str, *, code: str, message: str, at: datetime, rest: timedelta, longest: timedelta
    ) -> Breaker:
        """Opens a breaker for `rest`, or for twice its last rest (`longest` at most) where a try of a half-open one has
        failed. One that is open stays as it is. Gives the breaker in force."""

    @abstractmethod
    def try_breaker(self, scope: str, *, at: datetime, until: datetime) -> bool:
        """Takes the right to try one message through a half-open breaker, until it closes, opens again or `until`.
        False where it is open or somebody else tries."""

    @abstractmethod
    def end_try(self, scope: str) -> None:
        """Gives the right back: what was tried told nothing about the breaker."""

    @abstractmethod
    def half_open_breaker(self, scope: str, *, at: datetime) -> None:
        """Ends the rest of a breaker, if it has one, and makes due what waited for it: one message may be tried."""

    @abstractmethod
    def close_breaker(self, scope: str, *, at: datetime) -> bool:
        """Closes a breaker and makes due what waited for it. False where none was open."""

    @abstractmethod
    def breakers(self) -> Sequence[Breaker]:
        """Gives the breakers that are open or half open, by scope."""

    # numbers that cannot be reached

    @abstractmethod
    def suppress_numbers(self, numbers: Sequence[Unreachable]) -> None:
        """Keeps that nothing more is sent to these numbers; the newest word about each is kept.

        A subscription that is entered later by an operator or by an inbound text lifts it: a phone that texts can be
        reached.
        """

    @abstractmethod
    def suppression(self, workspace: str, number: str) -> Unreachable | None:
        """Gives why nothing is sent to a number in a workspace, None where that is not so."""

    # cancelling, and what comes after a message

    @abstractmethod
    def cancel(self, which: Which, *, by: str, at: datetime) -> Cancelled:
        """Cancels what has certainly not gone out (queued, claimed, retry_wait) or is held. What is on the wire, in
        doubt or settled stays."""

    @abstractmethod
    def cancellable(self, which: Which) -> Cancelled:
        """Gives what `cancel` would do now, without doing it."""

    @abstractmethod
    def follow(self, message_id: str, *, at: datetime, due_at: datetime) -> str | None:
        """Queues a new message to the same recipient under the same send, linked to one that was not delivered, and
        gives its id. None where it has been followed before, or is itself a follower: an unreachable phone is tried
        twice, not for ever."""

    @abstractmethod
    def followed(self, message_id: str) -> str | None:
        """Gives the message that this one follows, None where it is a first one."""

    @abstractmethod
    def follower(self, message_id: str) -> str | None:
        """Gives the message that follows this one, None where there is none."""

    # what was met

    @abstractmethod
    def code_counts(self) -> Sequence[CodeCount]:
        """Gives how often each provider's code was met, by workspace, most frequent first."""

    @abstractmethod
    def sent_template(self, workspace: str, template: str) -> bool:
        """True where a message of this template was ever queued, also of one that a later release has deleted."""

    @abstractmethod
    def lanes_retrying(self) -> Sequence[str]:
        """Gives the lanes with a message in retry_wait that waits for a time of its own, not for a pause or breaker."""


def scopes(release: Release | None) -> set[str]:
    """Gives every scope that a release has: its workspaces, senders and templates."""
    found = set()
    for address in release.objects if release is not None else ():
        workspace, _, rest = address.partition("/")
        kind = rest.partition("/")[0]
        if kind in ("sender", "template"):
            found.add(address)
        elif kind == "workspace":
            found.add(workspace)
    return found


def scopes_of(workspace: str, template: str, sender: str) -> tuple[str, str, str]:
    """Gives the scopes that a message belongs to, the widest first."""
    return workspace, f"{workspace}/template/{template}", f"{workspace}/sender/{sender}"
