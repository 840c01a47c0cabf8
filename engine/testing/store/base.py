"""What the parts of the suite share: a store of its own for each test, and short ways to say what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.outbox import Change, Claim, Frozen, Link, Prepared, Queued, Send
from engine.store import Store
from engine.types import Consent, ConsentNeed, ConsentState, MessageState, Person, Purpose, Sender, SenderKind

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=120)
LANE = "acme/sender/support"
SENDER = Sender("support", SenderKind.LONG_CODE, "+14155550100", mms=True)
ALICE = "worker-alice"
BOB = "worker-bob"


class StoreSuite:
    """Base of the suite's parts."""

    store_class: ClassVar[type[Store]]
    """The store under test."""

    def url(self) -> str:
        """The URL to open; relative paths start at the test's own folder."""
        return f"{self.store_class.scheme}:///state/engine.db"

    def open(self, folder: Path, *, read_only: bool = False) -> Store:
        """Opens the store of a test; may be called several times for one folder."""
        return self.store_class.open(self.url(), folder=folder, read_only=read_only)

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """A new and empty store."""
        opened = self.open(tmp_path)
        yield opened
        opened.close()


def person(person_id: str, phone: str | None = None, workspace: str = "acme", **attributes: Any) -> Person:
    """Somebody of the audience."""
    return Person(workspace, person_id, phone, attributes)


def number(n: int) -> str:
    """One of the numbers that are kept free for examples: 0 to 99."""
    return f"+141555501{n:02}"


def send(**fields: Any) -> Send:
    """A send with everything filled in."""
    values: dict[str, Any] = {
        "workspace": "acme",
        "template": "club/welcome",
        "release": "r1",
        "purpose": Purpose.TRANSACTIONAL,
        "lane": LANE,
        "data": {},
        "event": {},
        "due_at": NOW,
        "created_at": NOW,
    }
    return Send(**{**values, **fields})


def consent(n: int, state: ConsentState = ConsentState.SUBSCRIBED, **fields: Any) -> Consent:
    """An entry of the ledger."""
    values: dict[str, Any] = {"workspace": "acme", "number": number(n), "source": "operator", "at": NOW}
    return Consent(**{**values, "state": state, **fields})


def queue(store: Store, *numbers: int, **fields: Any) -> Queued:
    """Queues a message for each number under one send."""
    return store.queue(send(**fields), numbers=[number(n) for n in numbers])


def claim(
    store: Store, *, owner: str = ALICE, now: datetime = NOW, lane: str = LANE, limit: int = 100
) -> Sequence[Claim]:
    """Claims what is due."""
    return store.claim(owner=owner, now=now, lease=LEASE, lane=lane, limit=limit)


def frozen(to: str, *, body: str = "Hello", links: tuple[Link, ...] = (), **fields: Any) -> Frozen:
    """What goes over the wire."""
    made = Frozen(to=to, country="US", sender=SENDER, body=body, media=(), encoding="GSM-7", segments=1, links=links)
    return replace(made, **fields)


def prepared(one: Claim, **fields: Any) -> Prepared:
    """A claim that passed its gates; fields of what is frozen may be given with it."""
    of_frozen = {
        name: fields.pop(name) for name in ("to", "body", "links", "media", "sender", "encoding") if name in fields
    }
    to = of_frozen.pop("to", one.number or (one.person.phone if one.person else None) or number(0))
    values: dict[str, Any] = {
        "id": one.id,
        "owner": ALICE,
        "attempt": one.attempt,
        "frozen": frozen(to, **of_frozen),
        "need": ConsentNeed.NOTHING,
        "consent_sender": "",
    }
    return Prepared(**{**values, **fields})


def commit(store: Store, claims: Sequence[Claim], *, now: datetime = NOW, **fields: Any) -> None:
    """Commits claims, all of which must go out."""
    results = store.commit([prepared(one, **fields) for one in claims], now=now, lease=LEASE)
    assert [result.state for result in results] == [MessageState.SENDING] * len(claims)


def change(message_id: str, was: MessageState, state: MessageState, **fields: Any) -> Change:
    """A change from one state to another."""
    return Change(**{"id": message_id, "was": frozenset({was}), "state": state, "at": NOW, **fields})


def make(store: Store, message_id: str, was: MessageState, state: MessageState, **fields: Any) -> None:
    """Makes a change that must hold."""
    assert store.change([change(message_id, was, state, **fields)]) == [True]


def sending(store: Store, n: int = 1, *, now: datetime = NOW, **fields: Any) -> str:
    """Queues, claims and commits a message to a number; gives its id."""
    (message_id,) = queue(store, n, due_at=now).ids
    one = next(found for found in claim(store, now=now) if found.id == message_id)
    commit(store, [one], now=now, **fields)
    return message_id


def in_doubt(store: Store, n: int = 1, *, now: datetime = NOW, due_at: datetime | None = None, **fields: Any) -> str:
    """Puts a message to a number in doubt; gives its id."""
    message_id = sending(store, n, now=now, **fields)
    make(store, message_id, MessageState.SENDING, MessageState.IN_DOUBT, at=now, due_at=due_at or now)
    return message_id


def state_of(store: Store, message_id: str) -> MessageState:
    """Gives the state that a message is in."""
    record = store.message(message_id)
    assert record is not None
    return record.state
