"""Texts that are read and recorded together end as they would have ended one after the other."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.config.models import Workspace
from engine.inbound.keywords import Router
from engine.inbound.line import Line
from engine.inbound.receive import Incoming, Received, receive_all
from engine.outbox import MessageRecord
from engine.state.memory import Beginning
from engine.store import Store
from engine.types import InboundMessage, Person

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
SUPPORT, BRAND = "+14155550100", "67076"
PHONES = [f"+1415555012{digit}" for digit in range(5)]
WORDS = [
    *("join", "join", "later", "tell", "stop", "STOP", "start", "yes", "help", "offers", "less", "hello"),
    *("please stop texting me", "take me off, wrong number?", "leave"),
]


def line_of(scope: str) -> Line:
    workspace = Workspace.model_validate(
        {
            "settings": {
                "name": "Acme Coffee",
                "business": {"country": "US"},
                "webhooks": {"crm": {"url": "https://crm.example/texts", "secret": ["${CRM}"]}},
            },
            "senders": {"support": {"number": SUPPORT, "kind": "long-code"}, "brand": {"number": BRAND}},
            "templates": {"club/points": {"purpose": "marketing", "sender": ["support"], "body": "Points"}},
            "keywords": {
                "join": {"words": ["join"], "reply": "club/welcome", "set": {"club": True}, "subscribe": True},
                "later": {"words": ["later"], "start": {"template": "club/points", "after": "1d"}},
                "tell": {"words": ["tell"], "call": "crm", "emit": "told", "set": {"told": 1}},
                "offers": {"words": ["offers"], "subscribe": "offers"},
                "less": {"words": ["less"], "unsubscribe": "offers"},
                "leave": {"words": ["leave"], "unsubscribe": True},
            },
            "topics": {"offers": {"name": "offers", "double_opt_in": True}},
            "consent": {"scope": scope},
        }
    )
    return Line("acme", workspace, "r1", provider_answers=False)


def outcome(store: Store) -> dict[str, Any]:
    """All that texts have left behind. Ids of messages, which are given out in another order, stand for what they are
    of."""
    messages = {one.id: replace(one, id="") for one in store.messages()}
    texts = [
        (replace(one, reply=None, started=None), of(one.reply, messages), of(one.started, messages))
        for one in store.texts()
    ]
    return {
        "texts": texts,
        "messages": sorted(map(str, messages.values())),
        "people": list(store.people("acme")),
        "ledger": [store.consent_history("acme", phone) for phone in PHONES],
        "topics": [store.subscriptions("acme", phone) for phone in PHONES],
        "calls": list(store.calls()),
    }


def of(message: str | None, messages: Mapping[str, MessageRecord]) -> MessageRecord | None:
    """Gives what an id is of."""
    return messages[message] if message is not None else None


def became(received: Received, store: Store) -> Received:
    """What became of a text, without ids."""
    ids = [*received.replies, *([received.started] if received.started else [])]
    whose = tuple(str(replace(record, id="")) for record in map(store.message, ids) if record is not None)
    return replace(received, replies=whose, started=None)


@pytest.mark.parametrize("scope", ["workspace", "sender"])
def test_as_if_each_came_alone(scope: str) -> None:
    chance = random.Random(scope)
    line = line_of(scope)
    router = Router(line.workspace.keywords, line.workspace.consent)
    beginning = Beginning()
    beginning.store.upsert_people([Person("acme", "ada", PHONES[0], {"first_name": "Ada"})], at=NOW)
    for _ in range(12):
        count = itertools.count()
        texts = [
            InboundMessage(
                f"SM{next(count)}", chance.choice(PHONES), chance.choice([SUPPORT, BRAND]), chance.choice(WORDS)
            )
            for _ in range(60)
        ]
        texts += chance.sample(texts, 20)
        chance.shuffle(texts)
        incoming = [Incoming(line, router, text) for text in texts]
        alone, together = beginning.copy(), beginning.copy()
        one_by_one = [received for one in incoming for received in receive_all(alone, [one], now=NOW)]
        by_the_batch: list[Received] = []
        while incoming:
            size = chance.randrange(1, 40)
            by_the_batch += receive_all(together, incoming[:size], now=NOW)
            incoming = incoming[size:]
        assert outcome(together) == outcome(alone)
        assert [became(one, together) for one in by_the_batch] == [became(one, alone) for one in one_by_one]
        alone.close()
        together.close()
