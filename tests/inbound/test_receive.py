from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.config.models import Workspace
from engine.inbound.line import Line
from engine.inbound.receive import Received, receive
from engine.outbox import Claim
from engine.state.sqlite import SqliteStore
from engine.store import Store
from engine.types import Consent, ConsentState, InboundMessage, Person, Purpose

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
PHONE = "+14155550123"
SUPPORT = "+14155550100"


def line(*, provider_answers: bool = False, **parts: Any) -> Line:
    workspace = Workspace.model_validate(
        {
            "settings": {"name": "Acme Coffee", "business": {"country": "US"}},
            "senders": {"support": {"number": SUPPORT, "kind": "long-code"}, "brand": {"number": "67076"}},
            "keywords": {
                "join": {
                    "words": ["join"],
                    "reply": "club/welcome",
                    "set": {"club": True},
                    "emit": "club_joined",
                    "subscribe": True,
                },
                "hours": {"words": ["hours"], "reply": "support/hours"},
                "silent": {"words": ["hush"]},
            },
            **parts,
        }
    )
    return Line("acme", workspace, "r1", provider_answers=provider_answers)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    yield opened
    opened.close()


class Texts:
    """Phones texting one line."""

    def __init__(self, store: Store, at: Line) -> None:
        self.store = store
        self.line = at
        self.count = 0

    def text(self, body: str, *, to: str = SUPPORT, provider_id: str = "") -> Received:
        self.count += 1
        message = InboundMessage(provider_id or f"SB{self.count}", PHONE, to, body)
        return receive(self.store, self.line, message, now=NOW)

    def reply(self, received: Received) -> Claim:
        (reply,) = received.replies
        claim = self.store.claim_view(reply)
        assert claim is not None
        return claim

    def consent(self, sender: str = "") -> ConsentState:
        return self.store.consent("acme", PHONE, sender=sender)


@pytest.fixture
def phone(store: Store) -> Texts:
    return Texts(store, line())


def test_a_rule_answers_sets_subscribes_and_emits(store: Store, phone: Texts) -> None:
    store.upsert_people([Person("acme", "ada", PHONE, {"first_name": "Ada", "phone": PHONE})], at=NOW)
    received = phone.text("Join please")
    reply = phone.reply(received)
    assert (reply.template, reply.release, reply.purpose, reply.lane) == (
        "club/welcome",
        "r1",
        Purpose.REPLY,
        "acme/sender/support",
    )
    assert reply.reply_from == "support"
    assert reply.event == {"body": "Join please", "from": PHONE, "to": SUPPORT, "keyword": "join"}
    assert reply.person is not None
    assert reply.person.id == "ada"
    ada = store.person("acme", "ada")
    assert ada is not None
    assert ada.attributes == {"first_name": "Ada", "phone": PHONE, "club": True}
    assert phone.consent() is ConsentState.SUBSCRIBED
    assert received.consent is ConsentState.SUBSCRIBED
    (event,) = received.events
    assert (event.name, event.workspace, event.detail["body"]) == ("club_joined", "acme", "Join please")


def test_somebody_unknown_becomes_a_person_where_something_is_set(store: Store, phone: Texts) -> None:
    phone.text("hours")
    assert store.count_people("acme") == 0
    reply = phone.reply(phone.text("join"))
    (person,) = store.people("acme")
    assert (person.phone, person.attributes) == (PHONE, {"phone": PHONE, "club": True})
    assert reply.person is not None
    assert reply.person.phone == PHONE


def test_a_text_is_answered_once_however_often_it_is_delivered(store: Store, phone: Texts) -> None:
    first = phone.text("hours", provider_id="SM1")
    again = phone.text("hours", provider_id="SM1")
    assert (len(first.replies), first.repeated) == (1, False)
    assert (again.replies, again.events, again.repeated) == ((), (), True)
    assert len(list(store.messages())) == 1


def test_stop_is_confirmed_once(phone: Texts) -> None:
    received = phone.text("Stop.")
    reply = phone.reply(received)
    assert (reply.template, reply.event["consent"]) == ("engine/stopped", "stop")
    assert (received.routed.name, received.consent) == ("consent.stop", ConsentState.STOPPED)
    again = phone.text("STOP")
    assert (again.replies, again.consent) == ((), None)
    assert phone.consent() is ConsentState.STOPPED


def test_start_ends_a_stop(phone: Texts) -> None:
    phone.text("stop")
    reply = phone.reply(phone.text("start"))
    assert (reply.template, reply.event["consent"]) == ("engine/resumed", "start")
    assert phone.consent() is ConsentState.SUBSCRIBED
    assert phone.text("START").replies == ()
    phone.text("stop")
    assert phone.reply(phone.text("yes")).template == "engine/resumed"


def test_help_is_always_answered_and_changes_nothing(phone: Texts) -> None:
    phone.text("stop")
    for _ in range(2):
        reply = phone.reply(phone.text("help"))
        assert (reply.template, reply.event["consent"]) == ("engine/help", "help")
    assert phone.consent() is ConsentState.STOPPED


def test_joining_again_after_a_stop_is_a_fresh_opt_in(phone: Texts) -> None:
    phone.text("stop")
    assert phone.text("join").consent is ConsentState.SUBSCRIBED


def test_a_workspace_words_its_own_answers(store: Store) -> None:
    consent = {"stop": {"reply": "consent/stopped"}, "start": {"reply": "consent/resumed"}, "help": {"reply": "faq"}}
    phone = Texts(store, line(consent=consent))
    replies = [phone.reply(phone.text(word)).template for word in ("stop", "start", "help")]
    assert replies == ["consent/stopped", "consent/resumed", "faq"]


@pytest.mark.parametrize(
    ("replies_by", "provider_answers", "answers"),
    [(None, False, 1), (None, True, 0), ("engine", True, 1), ("provider", False, 0)],
)
def test_where_the_provider_answers_the_engine_records_and_stays_silent(
    store: Store, replies_by: str | None, provider_answers: bool, answers: int
) -> None:
    phone = Texts(store, line(provider_answers=provider_answers, consent={"replies_by": replies_by}))
    assert len(phone.text("stop").replies) == answers
    assert phone.consent() is ConsentState.STOPPED
    assert len(phone.text("help").replies) == answers
    assert len(phone.text("hours").replies) == 1


def test_a_stop_can_hold_for_one_sender(store: Store) -> None:
    phone = Texts(store, line(consent={"scope": "sender"}))
    phone.text("stop", to="67076")
    assert phone.consent("brand") is ConsentState.STOPPED
    assert phone.consent("support") is ConsentState.UNKNOWN
    assert phone.reply(phone.text("stop")).reply_from == "support"


def test_a_number_that_the_config_does_not_know_is_heard_and_not_answered(phone: Texts) -> None:
    received = phone.text("stop", to="+14155550199")
    assert (received.replies, received.consent) == ((), ConsentState.STOPPED)


@pytest.mark.parametrize("text", ["hush", "what?", "", "👍", "a" * 1_600])
def test_what_needs_no_answer_is_recorded(phone: Texts, text: str) -> None:
    assert phone.text(text).replies == ()


def test_the_consent_ledger_says_where_it_came_from(store: Store, phone: Texts) -> None:
    phone.text("stop")
    (entry,) = store.consent_history("acme", PHONE)
    assert entry == Consent(
        "acme", PHONE, ConsentState.STOPPED, "inbound", NOW, "", "consent.stop", words="stop", message="SB1"
    )
