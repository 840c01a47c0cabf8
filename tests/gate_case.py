"""One message before the gates, with everything filled in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.compose.composer import Address
from engine.config.settings_models import WorkspaceConfig
from engine.delivery.gates import Case
from engine.outbox import Claim
from engine.types import E164, NumberKind, Person, Purpose, Sender, SenderKind

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
SENDER = Sender("main", SenderKind.SHORT_CODE, "67076")
LOS_ANGELES = "+14155550123"


def settings(**fields: Any) -> WorkspaceConfig:
    """A workspace in the United States."""
    return WorkspaceConfig.model_validate({"name": "Acme", "business": {"country": "US"}, **fields})


def claim(**fields: Any) -> Claim:
    """A marketing message, at its first attempt."""
    values: dict[str, Any] = {
        "id": "msg_1",
        "workspace": "acme",
        "send": 1,
        "template": "news",
        "release": "r1",
        "purpose": Purpose.MARKETING,
        "lane": "acme/sender/main",
        "attempt": 0,
        "person": None,
        "number": LOS_ANGELES,
        "data": {},
        "event": {},
        "reply_from": None,
        "frozen": None,
        "created_at": NOW,
        "due_at": NOW,
    }
    return Claim(**{**values, **fields})


def case(
    *,
    now: datetime = NOW,
    to: E164 | None = None,
    zones: Sequence[str] = ("America/Los_Angeles",),
    config: WorkspaceConfig | None = None,
    timezone: object = None,
    **fields: Any,
) -> Case:
    """A message to somebody in Los Angeles."""
    person = Person("acme", "ada", LOS_ANGELES, {"timezone": timezone}) if timezone is not None else None
    number = to or E164(LOS_ANGELES, "US", NumberKind.FIXED_LINE_OR_MOBILE, None)
    address = Address(number, "main", SENDER)
    return Case(claim(person=person, **fields), address, config or settings(), now, lambda _: zones)
