"""Every error that Engine raises on purpose, in one tree.

    EngineError
    ├── UsageError              the caller asked for something that is not there
    ├── ConfigError             the config has findings that are errors; carries all of them
    ├── PlanStale               what was reviewed is not what would be applied
    ├── RailBlocked             a safety rail is in the way of what would be applied
    ├── LockHeld                somebody else is applying
    ├── PullRefused             the checkout cannot follow its branch without losing what is only there
    ├── RepositoryUnavailable   the repository's host could not be reached, or refused
    ├── StateUnavailable        the state cannot be opened, read or written
    ├── ProviderUnavailable     the provider could not be reached or did not make sense
    │   └── CredentialsRefused  the provider answered, and refused who we are
    ├── ChangeRefused           the provider answered, and refused one change of a sender
    ├── AppliedInPart           some of what was to be applied is done, and some is not
    ├── InvalidSignature        a webhook is not from who it says
    ├── ComposeError            one message cannot be made; names the reason
    ├── InvalidNumber           a text is no phone number; says why
    └── SendError               the provider did not take a message; says what is known of it

Connect and read failures differ because for a message they mean different things: one certainly
did not leave, the other may have. That difference is `SendError.outcome`, never a class to guess by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.types import Finding


class EngineError(Exception):
    """Base of all. `message` says what is wrong, `hint` what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EngineError):
    """A name on the command line that means nothing, or a call that cannot be meant."""


class ConfigError(EngineError):
    """The config is invalid. `findings` holds everything that was found, warnings included."""

    def __init__(self, message: str, findings: Sequence[Finding] = (), *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)


class PlanStale(EngineError):
    """The state moved, or the config is not the one that was reviewed."""


class RailBlocked(EngineError):
    """A safety rail refuses a change. The hint says how to allow it."""


class LockHeld(EngineError):
    """The lock was not obtained in time. The message says who holds it and since when."""


class PullRefused(EngineError):
    """The checkout differs from its branch: to follow it would lose changes or commits that are only here."""


class RepositoryUnavailable(EngineError):
    """The host of the repository could not be reached, or refused: to be fetched from, or commented at."""


class StateUnavailable(EngineError):
    """The state cannot be opened, read or written: missing folder, read-only, disk full, damaged."""


class ProviderUnavailable(EngineError):
    """The provider could not be reached, or its answer was unreadable."""


class CredentialsRefused(ProviderUnavailable):
    """The provider refused the account's credentials."""


class ChangeRefused(EngineError):
    """The provider refused to change a sender, for a reason that lies in this change: it was not made."""


class AppliedInPart(EngineError):
    """An apply came to a halt half-way. The message says what was done, the next apply does the rest."""


class InvalidSignature(EngineError):
    """A webhook is not signed by the provider, or not as it arrived."""


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A part of a text: the whole text, and indexes into it."""

    source: str
    start: int
    end: int


class ComposeError(EngineError):
    """This message cannot be composed. `reason` is a stable code, e.g. `template.missing-value`."""

    def __init__(self, reason: str, message: str, *, hint: str = "", place: TextPlace | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.place = place
        """Where in the Liquid it happened, if that is known; `message` says the line of it."""


class InvalidNumber(EngineError):
    """A text is not a phone number. `code` is stable, e.g. `number.too-short`."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class SendOutcome(StrEnum):
    """What is known of a message whose sending raised."""

    NOT_SENT = "not_sent"  # certainly not processed: safe to try again
    REJECTED = "rejected"  # certainly refused, for good
    UNKNOWN = "unknown"  # it may have gone out


class SendScope(StrEnum):
    """What a refusal is about, and so who else it concerns."""

    RECIPIENT = "recipient"
    CONTENT = "content"
    SENDER = "sender"


class SendError(EngineError):
    """The provider did not confirm a message.

    `code` is the provider's own error code as text, or a name of ours for what never reached it
    (`connect`, `read-timeout`). `retry_after` is what the provider asked for, if it did.
    """

    def __init__(
        self,
        code: str,
        outcome: SendOutcome,
        message: str,
        *,
        scope: SendScope | None = None,
        retry_after: timedelta | None = None,
        stops: bool = False,
        credentials: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.outcome = outcome
        self.scope = scope
        self.retry_after = retry_after
        self.stops = stops
        """True when the refusal says that the recipient has opted out (Twilio's 21610)."""
        self.credentials = credentials
        """True when the account's credentials were refused."""
