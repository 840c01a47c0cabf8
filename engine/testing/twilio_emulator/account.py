"""Whose account the emulator plays, and how its messages fare."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

QUEUED_SENT_DELIVERED = (("queued", 0.0), ("sent", 0.2), ("delivered", 0.5))


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its credentials and what it may send from."""

    sid: str = "AC00000000000000000000000000000001"
    auth_token: str = "emulator-auth-token"  # noqa: S105 # the emulator's own, and no secret
    api_keys: Mapping[str, str] = field(
        default_factory=lambda: {"SK00000000000000000000000000000001": "emulator-api-secret"}
    )
    trial: bool = False
    test_credentials: bool = False
    status: str = "active"
    numbers: tuple[str, ...] = ("+14155550100", "+14155550101", "+18335550100", "+447700900100")
    sms_only: frozenset[str] = frozenset({"+447700900100"})
    """Those of the numbers that cannot send MMS."""
    voice_only: frozenset[str] = frozenset()
    """Those of the numbers that cannot text at all."""
    any_number: bool = False
    """Whether every number counts as owned."""
    short_codes: tuple[str, ...] = ("67076",)
    services: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"MG0123456789abcdef0123456789abcdef": ("+14155550100", "+14155550101")}
    )
    """Messaging services, and the numbers, short codes and alphanumeric senders in each."""
    verified: frozenset[str] | None = None
    """The numbers that a trial account may text; None: all."""
    opted_out: frozenset[str] = frozenset()

    def authorizations(self) -> frozenset[str]:
        """Gives every value of the header Authorization that is let in."""
        pairs = [(self.sid, self.auth_token), *self.api_keys.items()]
        return frozenset("Basic " + base64.b64encode(f"{u}:{p}".encode()).decode() for u, p in pairs)


@dataclass(slots=True)
class Behaviour:
    """How accepted messages fare. May be changed while the emulator runs."""

    progress: tuple[tuple[str, float], ...] = QUEUED_SENT_DELIVERED
    """Statuses, each with the seconds after acceptance at which it is reached."""
    receipts: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Recipients whose messages end otherwise: number → (status, error code)."""
    trial_prefix: str = "Sent from your Twilio trial account - "
    smart_encoding: bool = False
    """Whether typographic characters are replaced, as a messaging service does unless told otherwise."""
    lookup_lag: float = 0.0
    """Seconds until a message appears in lists. Fetching it by its SID works at once."""
    latency: float = 0.0
    """Seconds that every answer takes."""
    sms_url: str = ""
    """Where texts to the account's numbers are posted; empty: where the console says, if anywhere."""
    copies: int = 1
    """How often each webhook and status callback is posted, as a network that repeats what it delivers would."""
    disorder: float = 0.0
    """Seconds by which each copy is late at most, at random: they overtake each other."""
    tries: int = 1
    """How often each copy is posted until it is answered with 2xx. Twilio's retries are set in the address's fragment:
    https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""
    retry_after: float = 0.5
    """Seconds between two tries."""
