"""What plugins implement. One class a contract; the config chooses implementations by name.

`engine.testing` holds a conformance suite for each; every implementation, ours or a stranger's, runs the same one.
The `Store` contract, being long, has a file of its own: `engine/store.py`.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from engine.errors import InvalidSignature, UsageError
from engine.types import (
    E164,
    Absent,
    Ambiguous,
    Capability,
    Clock,
    Finding,
    Found,
    InboundMessage,
    Json,
    OutboundMessage,
    Receipt,
    ReceiptJudgement,
    RemoteChange,
    RemoteSender,
    SecretRef,
    Sender,
    StatusUpdate,
    WebhookAnswer,
    WebhookRequest,
)

if TYPE_CHECKING:
    import asyncio


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
    capabilities: ClassVar[frozenset[Capability]] = frozenset()
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

    async def configure(self, change: RemoteChange) -> None:
        """Sets webhook addresses of a sender: all that the change names, or none. The same change again does no harm.

        Called by `apply` alone, one change after the other, and shown in the plan first. Raises ChangeRefused where the
        provider refuses this change, ProviderUnavailable where it may or may not have been made, CredentialsRefused,
        and UsageError where the provider cannot (no Capability.CONFIGURE) or the context is read-only.
        """
        del change
        raise UsageError(f"the provider {self.name!r} has no webhook addresses to set")

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

    @classmethod
    def makes_calls(cls) -> bool:
        """True for a provider that calls us about texts and messages: one that has its own `verify`."""
        return cls.verify is not Provider.verify

    def verify(self, request: WebhookRequest) -> None:
        """Checks that the provider made this call. No I/O. Raises InvalidSignature, and ConfigError where a secret that
        it needs is not set."""
        del request
        raise InvalidSignature(f"the provider {self.name!r} makes no calls")

    def parse(self, request: WebhookRequest) -> Sequence[InboundMessage | StatusUpdate]:
        """Gives what a call that was verified says; empty for what it says and nobody needs. No I/O.

        Raises UsageError for what cannot be read."""
        del request
        return ()

    @property
    def replies_inline(self) -> bool:
        """True where the workspace wants replies to stand in the answer to a webhook (Twilio's TwiML)."""
        return False

    def fits_inline(self, message: OutboundMessage) -> bool:
        """True for a reply that can stand in the answer; others are sent like any message. No I/O."""
        del message
        return False

    def answer(self, replies: Sequence[OutboundMessage] = ()) -> WebhookAnswer:
        """Gives the answer to a call that brought a text and was recorded, with the replies in it. No I/O."""
        del replies
        return WebhookAnswer()

    async def inbound(self, *, since: datetime, to: Collection[str]) -> Sequence[InboundMessage]:
        """Lists the texts that these senders have received since a moment, oldest first: what webhooks missed is among
        them. `to` holds senders' values. Raises ProviderUnavailable."""
        del since, to
        return ()

    def warm_up(self) -> None:
        """Makes what the first message would otherwise wait for: imports, a client. Sends and asks nothing.
        Called before that message; what goes wrong here is met again, and told, by `send`."""

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


AsgiMessage = MutableMapping[str, Any]
AsgiApplication = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[AsgiMessage]], Callable[[AsgiMessage], Awaitable[None]]],
    Awaitable[None],
]
"""An application of https://asgi.readthedocs.io, version 3."""


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the web server, answered by an ASGI application. `path` is in Starlette's syntax: `/a/{name}`."""

    path: str
    endpoint: AsgiApplication
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a text that was handed in."""

    rule: str | None  # the rule that it met: a keyword's name, or consent.stop, consent.start, consent.help
    replies: tuple[str, ...]  # ids of the messages queued in answer
    repeated: bool  # it was recorded before, and changed nothing now


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """What pages may know of a workspace in the live release. Secrets by name only."""

    name: str
    title: str
    provider: str
    delivery: Mapping[str, Json] = field(default_factory=dict)  # the provider's options, as written
    senders: Mapping[str, Sender] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)  # the sample people that have a number: id → number
    links_domain: str | None = None  # what short links begin with, without a slash at the end


@dataclass(frozen=True, slots=True)
class Site:
    """What `engine serve` tells a plugin that adds routes."""

    context: PluginContext
    public_url: str  # where the provider reaches the server; empty where nothing does
    workspaces: Mapping[str, WorkspaceView]  # of the live release, at each look
    receive: Callable[[str, InboundMessage], Awaitable[Taken]]
    """Records a text that came to a workspace, as a webhook does. Raises UsageError, StateUnavailable."""
    closing: asyncio.Event
    """Set when the server begins to stop: an answer that does not end by itself, like a stream of events, ends then."""
