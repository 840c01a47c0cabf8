"""The words that every room speaks in: frozen dataclasses, records and enums, on the standard library alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from engine.record import record

Json = Any
"""What json.loads gives: dict, list, str, int, float, bool or None."""

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check found. Lines and columns count characters from 1; ends are exclusive."""

    code: str
    severity: Severity
    message: str
    hint: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where in the config a value stands; `file` is relative to the folder that holds config/."""

    file: str
    line: int
    column: int = 1
    end_line: int | None = None
    end_column: int | None = None


class Encoding(StrEnum):
    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is billed. `units` are septets (GSM-7) or UTF-16 code units (UCS-2)."""

    encoding: Encoding
    segments: int
    units: int


class Purpose(StrEnum):
    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"
    REPLY = "reply"


class SenderKind(StrEnum):
    LONG_CODE = "long-code"
    TOLL_FREE = "toll-free"
    SHORT_CODE = "short-code"
    ALPHANUMERIC = "alphanumeric"
    MESSAGING_SERVICE = "messaging-service"


class NumberKind(StrEnum):
    MOBILE = "mobile"
    FIXED_LINE = "fixed-line"
    FIXED_LINE_OR_MOBILE = "fixed-line-or-mobile"
    TOLL_FREE = "toll-free"
    PREMIUM_RATE = "premium-rate"
    VOIP = "voip"
    OTHER = "other"


@record
class E164:
    """A valid phone number. `receives_texts` is None where nobody can know from the number."""

    number: str  # "+14155550123"
    country: str | None  # ISO 3166-1 alpha-2, None for numbers of no country
    kind: NumberKind
    receives_texts: bool | None


@dataclass(frozen=True, slots=True)
class SecretRef:
    """The name of the variable that holds a secret; written `${NAME}` in the config.

    The value is asked for when it is needed (`PluginContext.secret`) and kept nowhere.
    """

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"

    @classmethod
    def parse(cls, value: object) -> SecretRef:
        """Gives the reference that `value` is. Raises ValueError for anything but `${NAME}`."""
        if isinstance(value, SecretRef):
            return value
        found = re.fullmatch(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", value) if isinstance(value, str) else None
        if found is None:
            raise ValueError("must be a reference to a variable, like ${NAME}")
        return cls(found[1])

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.parse,
            json_schema_input_schema=core_schema.str_schema(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"),
            serialization=core_schema.to_string_ser_schema(),
        )


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message comes from, as the provider knows it."""

    name: str  # its name in senders.yaml
    kind: SenderKind
    value: str  # "+14155550100", "67076", "ACME" or "MG…"
    mms: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    url: str


@record
class OutboundMessage:
    """One message as it is handed to a provider: frozen, the same at every attempt."""

    id: str
    workspace: str
    attempt: int
    to: str  # E.164
    sender: Sender
    body: str
    media: tuple[str, ...] = ()
    status_callback: str | None = None
    valid_seconds: int | None = None
    country: str | None = None  # of the recipient's number, ISO 3166-1 alpha-2, where it is known


class ProviderStatus(StrEnum):
    """How far a provider says that a message is, in rank order; the last three are final."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"


@record
class Receipt:
    """The provider took a message under this id."""

    provider_id: str
    status: ProviderStatus = ProviderStatus.ACCEPTED
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The doubt is settled: the provider has it."""

    provider_id: str
    status: ProviderStatus = ProviderStatus.ACCEPTED
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider answered, and does not know it (yet)."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The provider has something that may be it; a person must look. `why` says what is odd.

    `certain` is True where waiting cannot make it clearer: several match to the letter.
    """

    why: str
    candidates: tuple[str, ...] = ()
    certain: bool = False


@record
class StatusUpdate:
    """What became of a message that a provider took."""

    provider_id: str
    status: ProviderStatus
    error_code: str | None = None
    message_id: str | None = None  # ours, where the address of the callback names it
    attempt: int | None = None  # beside it: which attempt at the message it is about


class ReceiptJudgement(StrEnum):
    """What an error code in a receipt says of the messages to come."""

    RECIPIENT = "recipient"  # the number cannot be reached, for good: it is suppressed
    CONTENT = "content"  # these words or media were refused
    SENDER = "sender"  # the sender or the account cannot send: it rests
    AGAIN = "again"  # a new message may arrive, soon
    NEXT_DAY = "next-day"  # a new message may arrive tomorrow
    STOPPED = "stopped"  # the recipient has opted out: consent is taken back
    NONE = "none"  # nothing that is known


class Capability(StrEnum):
    """What a provider can do beyond sending."""

    CONFIGURE = "configure"  # its senders' webhook addresses can be read and set


class SenderWebhook(StrEnum):
    """What a provider calls on behalf of a sender."""

    INBOUND = "inbound"  # with each text to the sender
    FALLBACK = "fallback"  # with a text to which `inbound` gave no good answer
    STATUS = "status"  # with the status of messages that were sent without an address of their own


@dataclass(frozen=True, slots=True)
class RemoteSender:
    """A number, code or service that the account really has."""

    kind: SenderKind
    value: str
    label: str = ""
    sms: bool = True
    mms: bool = False
    voice: bool = False
    countries: frozenset[str] | None = None  # the only ones that it can text, ISO 3166-1; None: the provider names none
    id: str = ""  # the provider's own name for it, where that is another than the value
    held_by: str = ""  # the value of the account's sender whose webhooks hold in place of its own: its service
    webhooks: Mapping[SenderWebhook, str] = field(default_factory=dict)
    """Those that can be set, and what each is: an address that is called with POST, empty for none, or, for what is no
    such address, words that have a space in them ("GET https://…", "application AP…")."""


@dataclass(frozen=True, slots=True)
class RemoteChange:
    """Webhooks of one sender that are to be set at the provider; the others stay as they are."""

    sender: RemoteSender  # as it was read
    webhooks: Mapping[SenderWebhook, str]  # an address, called with POST, or empty for none


@record
class InboundMessage:
    """A text that somebody sent to one of our senders."""

    provider_id: str
    from_number: str  # E.164
    to: str  # the sender's value
    body: str
    media: tuple[str, ...] = ()
    opt_out: Literal["STOP", "START", "HELP"] | None = None  # the provider took it for this, and has answered it
    service: str | None = None  # the messaging service that `to` belongs to
    at: datetime | None = None  # when it was sent, where the provider says so


@record
class WebhookRequest:
    """One call of a provider's, as its signature covers it."""

    method: str
    url: str  # the whole public address with its query string: what the provider called, whatever proxies made of it
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@record
class WebhookAnswer:
    """What a provider is told in answer to its call."""

    body: bytes = b""
    media_type: str | None = None


class ConsentState(StrEnum):
    UNKNOWN = "unknown"
    SUBSCRIBED = "subscribed"
    STOPPED = "stopped"
    PENDING = "pending"  # of a topic alone: asked for, and not yet confirmed
    REVIEW = "review"  # of a ledger entry alone: a text that may revoke consent waits for a person to judge it


class ConsentNeed(StrEnum):
    """What a message needs of its recipient."""

    NOTHING = "nothing"  # the confirmation of a STOP, the answer to HELP
    NOT_STOPPED = "not-stopped"
    SUBSCRIBED = "subscribed"


@dataclass(frozen=True, slots=True)
class Consent:
    """One entry of the consent ledger. `sender` is empty where consent holds for the workspace, `topic` where the entry
    is about all messages."""

    workspace: str
    number: str
    state: ConsentState
    source: str  # "import", "inbound", "provider:21610", "operator", "review"
    at: datetime
    sender: str = ""
    detail: str = ""
    topic: str = ""
    words: str = ""  # the text itself by which it was given or taken back
    message: str = ""  # the provider's id of that text, or our id of the message that was refused
    person: str = ""  # id of who had the number, where they were known
    by: str = ""  # who entered it, where that was an operator


@dataclass(frozen=True, slots=True)
class Suppression:
    """A reason not to send a message."""

    reason: str  # a stable code, e.g. "consent.stopped"
    message: str = ""


@record
class Person:
    """Somebody who may be texted. `attributes` are as given; `phone` is the normalised number."""

    workspace: str
    id: str
    phone: str | None
    attributes: Mapping[str, Json]


class MessageState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    REJECTED = "rejected"
    RETRY_WAIT = "retry_wait"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@record
class Event:
    """Something that happened, for plugins that `observe`."""

    name: str  # "message.accepted", "release.applied"
    at: datetime
    workspace: str | None = None
    message_id: str | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigView:
    """The small read-only view of the config that plugins check: plain data, secrets by name only."""

    workspaces: Mapping[str, Mapping[str, Json]]
    """Workspace name → {"workspace", "senders", "templates", "keywords", "topics"} as written, defaults filled in."""
    sources: Mapping[str, Source]
    """Address (`acme/sender/x`) or address and field (`acme/sender/x#number`) → where it stands."""


@dataclass(frozen=True, slots=True)
class Release:
    """One applied config: immutable. `id` is a hash of its content and its base."""

    id: str
    base: str | None
    digest: str
    objects: Mapping[str, Mapping[str, Json]]  # address → plain data
    sources: Mapping[str, Source]
    applied_at: datetime
    applied_by: str
    commit: str | None
    author: str | None
    environment: str | None
    versions: Mapping[str, str]  # distribution → version, the engine's and its plugins'
    summary: Mapping[str, int] = field(default_factory=dict)  # {"create", "update", "delete"}
    allowed: tuple[str, ...] = ()  # rails that whoever applied it let pass, as RAIL:ADDRESS
    restores: str | None = None  # the earlier release that it went back to, of a rollback
