"""What plugins implement. One class a contract; the config chooses implementations by name.

`engine.testing` holds a conformance suite for each; every implementation, ours or a stranger's, runs the same one.
The `Store` contract, being long, has a file of its own: `engine/store.py`.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from engine.errors import UsageError
from engine.types import (
    E164,
    Absent,
    Ambiguous,
    Clock,
    Finding,
    Found,
    InboundMessage,
    OutboundMessage,
    Receipt,
    ReceiptJudgement,
    RemoteSender,
    SecretRef,
    StatusUpdate,
)


class Options(BaseModel):
    """Base of every plugin's options: unknown keys are errors, each field has a description."""

    model_config = ConfigDict(extra="forbid", frozen=True)


OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What a plugin may know of its surroundings."""

    clock: Clock
    logger: logging.Logger
    state_folder: Path  # where the embedded default keeps its files; exists
    secret: Callable[[SecretRef], str]  # raises ConfigError, naming the variable, where it is unset
    random: Callable[[int], bytes]  # n random bytes
    read_only: bool = False  # True during plan, preview, validate and test: change nothing live


class Provider(ABC, Generic[OptionsT]):
    """Takes messages to phones. Built once per workspace, as `cls(options, context)`."""

    name: ClassVar[str]
    options_model: ClassVar[type[Options]]
    """The keys it has under `delivery:` beside `provider`."""
    answers_keywords: ClassVar[bool] = False
    """True where the provider itself answers STOP, START and HELP unless told otherwise."""
    any_sender: ClassVar[bool] = False
    """True where messages may come from any sender, since no account holds them (the sandbox)."""

    def __init__(self, options: OptionsT, context: PluginContext) -> None:
        self.options = options
        self.context = context

    @abstractmethod
    async def send(self, message: OutboundMessage) -> Receipt:
        """Hands over one message and returns the provider's receipt.

        Makes exactly one request that could create a message. Raises SendError, whose outcome says
        whether the message may have gone out, or ConfigError (an unset secret) before anything was sent; any other
        exception counts as an unknown outcome.
        """

    @abstractmethod
    async def find(
        self, message: OutboundMessage, *, since: datetime, taken: Collection[str]
    ) -> Found | Absent | Ambiguous:
        """Looks at the provider for a message whose sending is in doubt.

        `since` is when the attempt began, `taken` are provider ids known to belong to other messages.
        Raises ProviderUnavailable where the provider could not answer: that is no look-up.
        """

    @abstractmethod
    async def status(self, provider_id: str) -> StatusUpdate:
        """Gives where the provider says a message is. Raises ProviderUnavailable."""

    @abstractmethod
    async def senders(self) -> Sequence[RemoteSender]:
        """Lists the numbers, codes and services that the account has. Raises ProviderUnavailable."""

    def judge(self, code: str) -> ReceiptJudgement:
        """Gives what a code that stands in this provider's receipts says of the messages to come. No I/O, and no
        exception for a code that is not known: that is NONE."""
        del code
        return ReceiptJudgement.NONE

    async def check_account(self) -> Sequence[Finding]:
        """Looks at the account before the first message: findings that a person should read. Never raises
        for a provider that cannot be asked: that is a warning among the findings."""
        return ()

    def receive(self, from_number: str, to: str, body: str) -> InboundMessage:
        """Makes a text arrive from a phone: only a provider that owns its phones can (the sandbox).
        Raises UsageError where it has none."""
        del from_number, to, body
        raise UsageError(f"the provider {self.name!r} has no phones of its own")

    async def close(self) -> None:
        """Releases connections. Called once, after the last call."""


class Shortener(ABC):
    """Makes the addresses of short links. The core keeps the table of links and where they lead."""

    name: ClassVar[str]
    options_model: ClassVar[type[Options]] = Options

    def __init__(self, domain: str, context: PluginContext) -> None:
        self.domain = domain.rstrip("/")
        self.context = context

    @abstractmethod
    def shorten(self, url: str, *, message_id: str, position: int) -> str:
        """Gives the short address for the n-th link of a message: the same arguments, the same link. No I/O."""

    @abstractmethod
    def preview(self, url: str) -> str:
        """Gives a stand-in of the real length, ending `abc123`."""


class NumberNormaliser(ABC):
    """Makes E.164 of what people write."""

    name: ClassVar[str]

    def __init__(self, context: PluginContext) -> None:
        self.context = context

    @abstractmethod
    def normalise(self, raw: str, *, country: str | None) -> E164:
        """Gives the number that `raw` is, read in `country` where it has no country code.

        Raises InvalidNumber with a code and a sentence that says why.
        """

    @abstractmethod
    def time_zones(self, number: str) -> Sequence[str]:
        """Gives every IANA zone that an E.164 number could be in; empty where nothing is known."""
