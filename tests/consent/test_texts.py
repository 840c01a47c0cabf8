"""What texts change of a number's consent: STOP from every side, topics, and texts that wait to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.config.models import Workspace
from engine.inbound.line import Line
from engine.inbound.receive import Received, receive
from engine.outbox import Claim
from engine.state.sqlite import SqliteStore
from engine.store import Store
from engine.types import Consent, ConsentState, InboundMessage, Person

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = "+14155550123"
NUMBERS = {"main": "+14155550100", "free": "+18335550101"}
STOPPED, SUBSCRIBED, UNKNOWN = ConsentState.STOPPED, ConsentState.SUBSCRIBED, ConsentState.UNKNOWN
PENDING, REVIEW = ConsentState.PENDING, ConsentState.REVIEW
KEYWORDS = {
    "join": {"words": ["join"], "reply": "club/welcome", "subscribe": True},
    "offers": {"words": ["offers"], "reply": "offers/welcome", "subscribe": "offers"},
    "news": {"words": ["news"], "subscribe": "news"},
    "plain": {"words": ["plain"], "reply": "plain/welcome", "subscribe": "plain"},
    "less": {"words": ["less"], "unsubscribe": "offers"},
    "leave": {"words": ["leave"], "unsubscribe": True},
    "rest": {"match": "any", "reply": "support/unknown"},
}
TOPICS = {
    "offers": {"name": "weekly offers", "double_opt_in": True, "confirm": "offers/question", "confirm_within": "2h"},
    "news": {"name": "news", "double_opt_in": True},
    "plain": {"name": "plain"},
}


@dataclass
class Phone:
    """One phone that texts a workspace."""

    store: Store
    line: Line
    now: datetime = NOW
    count: int = field(default=0)

    def text(self, body: str, *, to: str = "main", **fields: Any) -> Received:
        self.count += 1
        message = InboundMessage(f"SM{self.count}", PHONE, NUMBERS[to], body, **fields)
        return receive(self.store, self.line, message, now=self.now)

    def reply(self, received: Received) -> Claim:
        (reply,) = received.replies
        claim = self.store.claim_view(reply)
        assert claim is not None
        return claim

    def state(self, sender: str = "") -> ConsentState:
        return self.store.consent("acme", PHONE, sender=sender)

    def topics(self) -> dict[str, ConsentState]:
        return {one.topic: one.state for one in self.store.subscriptions("acme", PHONE)}

    def ledger(self) -> list[Consent]:
        return list(self.store.ledger())


def line(**consent: Any) -> Line:
    workspace = Workspace.model_validate(
        {
            "settings": {"name": "Acme", "business": {"country": "US"}},
            "senders": {
                "main": {"number": NUMBERS["main"], "kind": "long-code"},
                "free": {"number": NUMBERS["free"], "kind": "toll-free"},
            },
            "keywords": KEYWORDS,
            "topics": TOPICS,
            "consent": consent,
        }
    )
    return Line("acme", workspace, "r1", provider_answers=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def phone(store: Store) -> Phone:
    return Phone(store, line())


# STOP


@pytest.mark.parametrize(
    "words", ["Please stop texting me", "Stop. Thank you", "sotp", "take me off your list", "Arrêt"]
)
def test_any_reasonable_words_stop_and_are_the_evidence(store: Store, phone: Phone, words: str) -> None:
    store.upsert_people([Person("acme", "ada", PHONE, {})], at=NOW)
    received = phone.text(words)
    assert (received.routed.name, phone.state()) == ("consent.stop", STOPPED)
    assert phone.reply(received).template == "engine/stopped"
    assert phone.ledger() == [
        Consent(
            *("acme", PHONE, STOPPED, "inbound", NOW),
            detail="consent.stop",
            words=words,
            message="SM1",
            person="ada",
        )
    ]
    assert phone.text(words).replies == ()
    assert len(phone.ledger()) == 2, "also what is said twice is evidence"


def test_the_confirmation_knows_when_the_stop_was_sent(phone: Phone) -> None:
    earlier = NOW - timedelta(minutes=7)
    assert phone.reply(phone.text("stop", at=earlier)).event["at"] == earlier.isoformat()
    phone.text("start")
    later = NOW + timedelta(minutes=7)
    assert phone.reply(phone.text("stop", at=later)).event["at"] == NOW.isoformat(), "a clock that is wrong"


@pytest.mark.parametrize(
    ("opt_out", "body", "rule", "state"),
    [
        ("STOP", "hasta la vista", "consent.stop", STOPPED),
        ("STOP", "join", "consent.stop", STOPPED),
        ("START", "whatever", "consent.start", SUBSCRIBED),
        ("HELP", "stop", "consent.help", UNKNOWN),
    ],
)
def test_what_the_provider_took_a_text_for_holds_and_is_not_answered_again(
    store: Store, opt_out: str, body: str, rule: str, state: ConsentState
) -> None:
    phone = Phone(store, line(replies_by="engine"))
    received = phone.text(body, opt_out=opt_out)
    assert (received.routed.name, received.replies, phone.state()) == (rule, (), state)


def test_a_rule_may_stop_and_is_confirmed_once(phone: Phone) -> None:
    phone.text("join")
    reply = phone.reply(phone.text("leave"))
    assert (reply.template, reply.event["consent"], phone.state()) == ("engine/stopped", "stop", STOPPED)
    assert phone.text("leave").replies == ()


def test_an_extra_word_for_start_cannot_weaken_a_stop(store: Store) -> None:
    phone = Phone(store, line(start={"extra_words": ["stop texting me", "cancel"]}))
    for words in ("stop texting me", "cancel"):
        assert phone.text(words).routed.meaning == "STOP"


# YES


def test_yes_starts_again_but_not_on_a_toll_free_number(phone: Phone) -> None:
    phone.text("stop", to="free")
    assert phone.text("yes", to="free").routed.rule == "rest"
    assert phone.state() is STOPPED
    assert phone.text("unstop", to="free").consent is SUBSCRIBED
    phone.text("stop")
    assert phone.text("yes").consent is SUBSCRIBED
    assert phone.text("yes").routed.rule == "rest", "nobody asked, and it has not stopped"


# topics


def test_double_opt_in(phone: Phone) -> None:
    question = phone.reply(phone.text("Offers please"))
    assert (question.template, question.event["topic"]) == ("offers/question", "weekly offers")
    assert (phone.topics(), phone.state()) == ({"offers": PENDING}, UNKNOWN)
    received = phone.text("Yes!")
    assert (received.routed.name, received.routed.topic) == ("consent.confirm", "offers")
    assert phone.reply(received).template == "offers/welcome"
    assert (phone.topics(), phone.state()) == ({"offers": SUBSCRIBED}, UNKNOWN)
    asked, confirmed = phone.ledger()
    assert (asked.state, asked.topic, asked.words, asked.message, asked.detail) == (
        *(PENDING, "offers", "Offers please", "SM1"),
        "offers",
    )
    assert (confirmed.state, confirmed.words, confirmed.message) == (SUBSCRIBED, "Yes!", "SM2")
    assert phone.reply(phone.text("offers")).template == "offers/welcome", "who has it is not asked again"


def test_a_yes_comes_too_late(phone: Phone) -> None:
    phone.text("offers")
    phone.now += 2 * HOUR
    assert phone.text("yes").routed.rule == "rest"
    assert phone.topics() == {"offers": PENDING}
    phone.text("offers")
    phone.now += 2 * HOUR - timedelta(seconds=1)
    phone.text("sí")
    assert phone.topics() == {"offers": SUBSCRIBED}


def test_a_question_and_its_thanks_are_built_in(phone: Phone) -> None:
    assert phone.reply(phone.text("news")).template == "engine/confirm"
    thanks = phone.reply(phone.text("oui"))
    assert (thanks.template, thanks.event["topic"]) == ("engine/confirmed", "news")


def test_a_yes_answers_the_newest_question_and_the_next_one_the_other(phone: Phone) -> None:
    phone.text("offers")
    phone.text("news")
    phone.text("yes")
    assert phone.topics() == {"offers": PENDING, "news": SUBSCRIBED}
    phone.text("yes")
    assert phone.topics() == {"offers": SUBSCRIBED, "news": SUBSCRIBED}


def test_one_text_is_enough_where_the_topic_says_so(phone: Phone) -> None:
    assert phone.reply(phone.text("plain")).template == "plain/welcome"
    assert phone.topics() == {"plain": SUBSCRIBED}


def test_a_topic_can_be_left_alone(phone: Phone) -> None:
    for words in ("join", "offers", "yes", "less"):
        phone.text(words)
    assert (phone.topics(), phone.state()) == ({"offers": STOPPED}, SUBSCRIBED)


def test_a_stop_ends_a_question(phone: Phone) -> None:
    phone.text("offers")
    phone.text("stop")
    received = phone.text("yes")
    assert (received.routed.name, phone.topics()) == ("consent.start", {"offers": STOPPED})
    assert phone.text("yes").routed.rule == "rest"


def test_an_older_config_s_topic_asks_nobody_any_more(store: Store, phone: Phone) -> None:
    phone.text("offers")
    bare = phone.line.workspace.model_copy(update={"topics": {}})
    phone.line = Line("acme", bare, "r2", provider_answers=False)
    assert phone.text("yes").routed.rule == "rest"


# texts to be judged


def test_a_text_that_may_be_a_stop_waits_and_is_answered_as_it_would_be(store: Store, phone: Phone) -> None:
    phone.text("join")
    received = phone.text("not interested")
    assert (received.routed.rule, received.routed.review, received.consent) == ("rest", "not interested", None)
    assert phone.reply(received).template == "support/unknown"
    (review,) = store.reviews()
    assert (review.held.state, review.held.words, review.held.message) == (REVIEW, "not interested", "SM2")
    assert phone.state() is SUBSCRIBED


def test_a_doubtful_text_is_no_opt_in(store: Store, phone: Phone) -> None:
    phone.text("join, or rather: not interested")
    assert (phone.state(), store.count_reviews()) == (UNKNOWN, {"acme": 1})


def test_nothing_waits_from_a_number_that_has_stopped(store: Store, phone: Phone) -> None:
    phone.text("stop")
    phone.text("not interested")
    assert store.count_reviews() == {}


def test_by_sender_a_text_is_about_the_one_that_got_it(store: Store) -> None:
    phone = Phone(store, line(scope="sender"))
    phone.text("enough", to="free")
    phone.text("please stop texting me", to="main")
    assert [one.held.sender for one in store.reviews()] == ["free"]
    assert (phone.state("main"), phone.state("free")) == (STOPPED, UNKNOWN)
