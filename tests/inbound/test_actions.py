"""What a keyword rule does beside its answer, each in the same transaction as the text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.config.models import Workspace
from engine.inbound.actions import LOOP_TEXTS, LOOP_TIME
from engine.inbound.line import Line
from engine.inbound.receive import Received, receive
from engine.state.sqlite import SqliteStore
from engine.store import Store
from engine.types import ConsentState, InboundMessage, Person, Purpose
from engine.webhooks import CallState

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
PHONE = "+14155550123"
SUPPORT = "+14155550100"
SECOND = timedelta(seconds=1)
RULES: dict[str, dict[str, Any]] = {
    "join": {
        "words": ["join"],
        "reply": "welcome",
        "start": {"template": "points", "after": "10m"},
        "set": {"club": True},
    },
    "order": {"words": ["order"], "call": "crm", "emit": "ordered"},
    "leave": {"words": ["leave"], "unsubscribe": True},
}
TEMPLATES = {
    "welcome": {"purpose": "reply", "sender": ["support"], "body": "Hi"},
    "points": {"purpose": "marketing", "sender": ["brand"], "body": "Points"},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    yield opened
    opened.close()


class Phone:
    """A phone that texts one line."""

    def __init__(self, store: Store, *, unknown_numbers: str = "when-set", **parts: Any) -> None:
        audience = {"unknown_numbers": unknown_numbers}
        workspace = Workspace.model_validate(
            {
                "settings": {"name": "Acme Coffee", "business": {"country": "US"}, "audience": audience},
                "senders": {"support": {"number": SUPPORT, "kind": "long-code"}, "brand": {"number": "67076"}},
                "templates": TEMPLATES,
                "keywords": RULES,
                **parts,
            }
        )
        self.store = store
        self.line = Line("acme", workspace, "r1", provider_answers=False)
        self.count = 0

    def text(self, body: str, *, at: datetime = NOW, number: str = PHONE, media: tuple[str, ...] = ()) -> Received:
        self.count += 1
        message = InboundMessage(f"SM{self.count}", number, SUPPORT, body, media)
        return receive(self.store, self.line, message, now=at)


def test_a_template_is_started_later_and_asks_its_own_gates(store: Store) -> None:
    store.upsert_people([Person("acme", "ada", PHONE, {"phone": PHONE})], at=NOW)
    received = Phone(store).text("join")
    assert received.started is not None
    waiting = store.claim_view(received.started)
    assert waiting is not None
    assert (waiting.template, waiting.purpose, waiting.lane) == ("points", Purpose.MARKETING, "acme/sender/brand")
    assert (waiting.due_at, waiting.created_at) == (NOW + timedelta(minutes=10), NOW)
    assert (waiting.number, waiting.reply_from, waiting.release) == (PHONE, None, "r1")
    assert waiting.person is not None
    assert waiting.person.id == "ada"
    assert waiting.event == {"body": "join", "from": PHONE, "to": SUPPORT, "keyword": "join"}


def test_a_template_that_waits_is_not_started_twice(store: Store) -> None:
    phone = Phone(store)
    first, second = phone.text("join"), phone.text("join", at=NOW + SECOND)
    assert (first.started is not None, second.started) == (True, None)
    assert (len(first.replies), len(second.replies)) == (1, 1)
    assert phone.text("join", number="+14155550124").started is not None


def test_a_webhook_is_called_with_the_text(store: Store) -> None:
    store.upsert_people([Person("acme", "ada", PHONE, {"phone": PHONE})], at=NOW)
    received = Phone(store).text("order 2 ☕", media=("https://media.example/1",))
    (call,) = store.calls()
    assert (call.id, call.webhook, call.text, call.state) == (received.call, "crm", "SM1", CallState.PENDING)
    (claimed,) = store.claim_calls(owner="me", now=NOW, lease=SECOND, each=1, limit=1)
    assert json.loads(claimed.body) == {
        "type": "text.received",
        "timestamp": "2026-03-01T18:00:00Z",
        "data": {
            "workspace": "acme",
            "id": "SM1",
            "from": PHONE,
            "to": SUPPORT,
            "sender": "support",
            "body": "order 2 ☕",
            "media": ["https://media.example/1"],
            "rule": "order",
            "keyword": "order",
            "event": "ordered",
            "person": "ada",
        },
    }


def test_a_text_that_comes_twice_does_all_of_it_once(store: Store) -> None:
    phone = Phone(store)
    phone.text("join")
    phone.text("order")
    phone.count = 0
    again = [phone.text("join"), phone.text("order")]
    assert [(one.repeated, one.started, one.call, one.events) for one in again] == [(True, None, None, ())] * 2
    assert len(list(store.messages())) == 2
    assert len(list(store.calls())) == 1


def test_what_happened_is_kept_with_the_text(store: Store) -> None:
    phone = Phone(store)
    phone.text("join", media=("https://media.example/1",))
    phone.text("order")
    joined, ordered = store.texts()
    assert joined.media == ("https://media.example/1",)
    assert joined.outcome == {
        "rule": "join",
        "keyword": "join",
        "because": "its first word is 'join'",
        "set": {"club": True},
        "start": "points",
    }
    assert (joined.reply is not None, joined.started is not None) == (True, True)
    assert (ordered.outcome["emit"], ordered.outcome["call"]) == ("ordered", "crm")


def test_thirty_texts_within_thirty_seconds_are_answered_and_no_more(store: Store) -> None:
    phone = Phone(store)
    step = LOOP_TIME / (LOOP_TEXTS + 10)
    received = [phone.text("join", at=NOW + n * step) for n in range(LOOP_TEXTS + 5)]
    assert [len(one.replies) for one in received] == [1] * LOOP_TEXTS + [0] * 5
    assert received[-1].unanswered is not None
    assert received[-1].unanswered.startswith("inbound.loop: ")
    assert len(list(store.texts())) == LOOP_TEXTS + 5, "each is recorded"
    assert phone.text("join", number="+14155550124", at=NOW + 35 * step).replies, "others are answered"
    assert phone.text("join", at=NOW + 2 * LOOP_TIME).replies, "and so is this one, when it has calmed down"


def test_a_loop_keeps_no_stop_and_no_webhook_back(store: Store) -> None:
    phone = Phone(store)
    for _ in range(LOOP_TEXTS):
        phone.text("hello")
    stop, order = phone.text("STOP"), phone.text("order")
    assert (stop.replies, stop.consent) == ((), ConsentState.STOPPED)
    assert store.consent("acme", PHONE) is ConsentState.STOPPED
    assert order.call is not None
    assert phone.text("join").started is None


@pytest.mark.parametrize(
    ("unknown_numbers", "text", "people"),
    [
        ("ignore", "join", 0),
        ("ignore", "order", 0),
        ("when-set", "join", 1),
        ("when-set", "order", 0),
        ("add", "order", 1),
        ("add", "what?", 1),
        ("add", "STOP", 0),  # who wants to be left alone is added to no list
    ],
)
def test_an_unknown_number_becomes_a_person_where_the_workspace_says_so(
    store: Store, unknown_numbers: str, text: str, people: int
) -> None:
    Phone(store, unknown_numbers=unknown_numbers).text(text)
    found = store.people("acme")
    assert [(person.phone, person.attributes["phone"]) for person in found] == [(PHONE, PHONE)] * people


def test_leaving_by_a_rule_is_a_stop(store: Store) -> None:
    assert Phone(store).text("leave").consent is ConsentState.STOPPED


def test_a_number_that_the_config_does_not_know_gets_no_answer_and_a_reason(store: Store) -> None:
    phone = Phone(store, senders={"brand": {"number": "67076"}})
    received = phone.text("join")
    assert received.replies == ()
    assert received.unanswered is not None
    assert received.unanswered.startswith("inbound.unknown-sender")
    assert received.started is not None


@pytest.mark.parametrize("body", ["\ud800", "order \udc00", "\x00", "order\x00", "\ufffe"])
def test_what_no_phone_can_write_is_taken_in_all_the_same(store: Store, body: str) -> None:
    Phone(store).text(body)
    (kept,) = store.texts()
    assert kept.body == body.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_texts_taken_in_together_see_one_another(store: Store) -> None:
    phone = Phone(store)
    with store.together():
        stop, again, start = phone.text("STOP"), phone.text("STOP"), phone.text("START")
    assert [len(one.replies) for one in (stop, again, start)] == [1, 0, 1]
    assert again.unanswered == "inbound.confirmed-before"
