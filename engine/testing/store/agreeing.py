"""The consent ledger, topics, and texts that wait to be judged."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from engine.store import Store
from engine.testing.store.base import LEASE, NOW, SECOND, StoreSuite, claim, consent, number, person, prepared, queue
from engine.types import Consent, ConsentNeed, ConsentState, InboundMessage, MessageState

S = MessageState
PENDING, SUBSCRIBED, STOPPED, UNKNOWN, REVIEW = (
    ConsentState.PENDING,
    ConsentState.SUBSCRIBED,
    ConsentState.STOPPED,
    ConsentState.UNKNOWN,
    ConsentState.REVIEW,
)


def topic(n: int, state: ConsentState, name: str = "offers", **fields: Any) -> Consent:
    """An entry about one topic."""
    return consent(n, state, source="inbound", topic=name, **fields)


def held(n: int, words: str = "enough", **fields: Any) -> Consent:
    """An entry about a text that may be a STOP."""
    return consent(n, REVIEW, source="inbound", words=words, message=f"SM{n}", **fields)


def outcome(store: Store, n: int = 1, **fields: Any) -> tuple[MessageState | None, str | None]:
    """Sends a message to a number and gives what became of it in the commit."""
    (message_id,) = queue(store, n).ids
    one = next(found for found in claim(store) if found.id == message_id)
    (result,) = store.commit([prepared(one, **fields)], now=NOW, lease=LEASE)
    return result.state, result.reason


def marketing(store: Store, n: int = 1, **fields: Any) -> tuple[MessageState | None, str | None]:
    """Sends marketing to a number where nobody needs to have subscribed."""
    return outcome(store, n, marketing=True, need=ConsentNeed.NOT_STOPPED, **fields)


class AgreeingSuite(StoreSuite):
    """Of what people agreed to."""

    def test_the_ledger_keeps_all_that_an_entry_says(self, store: Store) -> None:
        entry = consent(
            *(1, STOPPED),
            sender="support",
            source="inbound",
            detail="consent.stop",
            words="Stop. “Thank you” 👋\n",
            message="SM1",
            person="ada",
            by="ann@desk",
        )
        store.record_consent([entry])
        assert list(store.ledger()) == list(store.consent_history("acme", number(1))) == [entry]

    def test_the_ledger_comes_in_order_by_workspace_and_number(self, store: Store) -> None:
        entries = [consent(n % 7, SUBSCRIBED if n % 2 else STOPPED, detail=str(n)) for n in range(2_100)]
        other = consent(1, STOPPED, workspace="other")
        store.record_consent([*entries[:1_000], other, *entries[1_000:]])
        assert list(store.ledger(workspace="acme")) == entries
        assert list(store.ledger(workspace="other")) == [other]
        assert list(store.ledger(workspace="acme", number=number(3))) == entries[3::7]
        assert list(store.ledger(workspace="nowhere")) == []

    def test_entries_that_come_while_it_is_read_come_last(self, store: Store) -> None:
        store.record_consent([consent(1, STOPPED, detail=str(n)) for n in range(1_500)])
        reading = store.ledger()
        assert len(list(islice(reading, 10))) == 10
        store.record_consent([consent(2)])
        assert list(reading)[-1] == consent(2)

    def test_erasing_a_person_leaves_the_ledger(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        entries = [topic(1, SUBSCRIBED), consent(1, STOPPED, words="STOP")]
        store.record_consent(entries)
        store.erase_person("acme", "ada", at=NOW)
        assert list(store.ledger()) == entries
        assert [one.state for one in store.subscriptions("acme", number(1))] == [SUBSCRIBED]

    # topics

    def test_a_topic_is_a_matter_of_its_own(self, store: Store) -> None:
        store.record_consent([topic(1, SUBSCRIBED), topic(1, STOPPED, "news"), topic(2, PENDING, detail="join")])
        assert store.consent("acme", number(1)) is UNKNOWN
        found = {one.topic: one.state for one in store.subscriptions("acme", number(1))}
        assert found == {"offers": SUBSCRIBED, "news": STOPPED}
        (pending,) = store.subscriptions("acme", number(2))
        assert (pending.topic, pending.state, pending.at, pending.detail) == ("offers", PENDING, NOW, "join")
        assert list(store.subscriptions("other", number(1))) == []

    def test_the_newest_question_comes_first(self, store: Store) -> None:
        store.record_consent([topic(1, PENDING, "news"), topic(1, PENDING), topic(1, PENDING, "news")])
        assert [one.topic for one in store.subscriptions("acme", number(1))] == ["news", "offers"]

    @pytest.mark.parametrize("sender", ["", "support"])
    def test_a_stop_ends_what_is_pending_and_leaves_what_was_chosen(self, store: Store, sender: str) -> None:
        store.record_consent([topic(1, PENDING), topic(1, SUBSCRIBED, "news"), topic(2, PENDING)])
        store.record_consent([consent(1, STOPPED, sender=sender), consent(1)])
        found = {one.topic: one.state for one in store.subscriptions("acme", number(1))}
        assert found == {"offers": STOPPED, "news": SUBSCRIBED}
        assert [one.state for one in store.subscriptions("acme", number(2))] == [PENDING]

    @pytest.mark.parametrize(
        ("state", "reason"),
        [
            (None, "topic.not-subscribed"),
            (PENDING, "topic.not-confirmed"),
            (SUBSCRIBED, None),
            (STOPPED, "topic.not-subscribed"),
        ],
    )
    def test_a_topic_is_asked_for_in_the_commit(
        self, store: Store, state: ConsentState | None, reason: str | None
    ) -> None:
        store.record_consent([topic(1, SUBSCRIBED, "news"), topic(2, SUBSCRIBED), consent(1)])
        if state is not None:
            store.record_consent([topic(1, state)])
        assert marketing(store, topic="offers") == (S.SUPPRESSED if reason else S.SENDING, reason)

    def test_a_stop_comes_before_any_topic(self, store: Store) -> None:
        store.record_consent([topic(1, SUBSCRIBED), consent(1, STOPPED)])
        assert marketing(store, topic="offers") == (S.SUPPRESSED, "consent.stopped")

    def test_the_trail_tells_which_topic_was_missing(self, store: Store) -> None:
        trail = [{"gate": "consent", "verdict": "needs"}, {"gate": "topic", "verdict": "needs", "reason": "offers"}]
        (message_id,) = queue(store, 1).ids
        (one,) = claim(store)
        store.commit([prepared(one, topic="offers", trail=trail)], now=NOW, lease=LEASE)
        (*_, last) = store.history(message_id)
        assert last.reason is None, "what needs nothing of consent needs no topic either"
        (message_id,) = queue(store, 1).ids
        (one,) = claim(store)
        item = prepared(one, topic="offers", trail=trail, need=ConsentNeed.NOT_STOPPED)
        store.commit([item], now=NOW, lease=LEASE)
        (*_, last) = store.history(message_id)
        assert [gate["verdict"] for gate in last.detail["trail"]] == ["needs", "suppress"]

    def test_people_may_come_with_a_topic(self, store: Store) -> None:
        model = consent(0, source="import", detail="web form", topic="offers")
        store.record_consent([topic(2, STOPPED), topic(3, PENDING), consent(4, STOPPED)])
        people = [person(f"p{n}", number(n)) for n in (1, 2, 3, 4)]
        for _ in range(2):
            store.upsert_people(people, at=NOW, consent=model)
        states = [[one.state for one in store.subscriptions("acme", number(n))] for n in (1, 2, 3, 4)]
        assert states == [[SUBSCRIBED], [STOPPED], [SUBSCRIBED], []]
        assert [store.consent("acme", number(n)) for n in (1, 4)] == [UNKNOWN, STOPPED]
        assert len(list(store.ledger())) == 5

    # texts to be judged

    def test_a_text_waits_and_keeps_marketing_back(self, store: Store) -> None:
        store.record_consent([consent(1), held(1), held(2, workspace="other")])
        (review,) = store.reviews(workspace="acme")
        assert review.held == held(1)
        assert [one.held.workspace for one in store.reviews()] == ["acme", "other"]
        assert list(store.reviews(workspace="acme", numbers=[number(2)])) == []
        assert store.count_reviews() == {"acme": 1, "other": 1}
        assert store.consent("acme", number(1)) is SUBSCRIBED
        assert marketing(store) == (S.SUPPRESSED, "consent.held-for-review")
        assert outcome(store, marketing=True, need=ConsentNeed.SUBSCRIBED)[1] == "consent.held-for-review"
        assert marketing(store, 2) == (S.SENDING, None)

    def test_other_messages_still_go(self, store: Store) -> None:
        store.record_consent([held(1)])
        assert outcome(store, need=ConsentNeed.NOT_STOPPED) == (S.SENDING, None)

    @pytest.mark.parametrize(
        ("said", "waits"),
        [
            pytest.param(consent(1, STOPPED, source="inbound"), False, id="a stop"),
            pytest.param(consent(1, STOPPED, source="provider:21610"), False, id="the provider's word of one"),
            pytest.param(consent(1, SUBSCRIBED, source="inbound"), False, id="a start"),
            pytest.param(consent(1, SUBSCRIBED, source="operator"), False, id="an operator's start"),
            pytest.param(consent(1, SUBSCRIBED, source="import"), True, id="an import"),
            pytest.param(topic(1, SUBSCRIBED), True, id="a topic"),
            pytest.param(consent(2, STOPPED), True, id="another number's stop"),
            pytest.param(consent(1, STOPPED, sender="support"), False, id="its sender's stop"),
            pytest.param(consent(1, STOPPED, sender="brand"), True, id="another sender's stop"),
        ],
    )
    def test_a_clear_word_ends_the_wait(self, store: Store, said: Consent, waits: bool) -> None:
        store.record_consent([held(1, sender="support")])
        store.record_consent([said])
        assert bool(store.reviews()) is waits

    def test_a_text_judged_a_stop_holds_as_one(self, store: Store) -> None:
        store.record_consent([consent(1), held(1, "enough"), held(1, "go away", sender="support"), held(2)])
        later = NOW + SECOND
        settled = store.settle_reviews("acme", number(1), stop=True, by="ann@desk", at=later)
        assert [one.held.words for one in settled] == ["enough", "go away"]
        assert store.consent("acme", number(1)) is STOPPED
        *_, first, second = store.consent_history("acme", number(1))
        judged = replace(held(1), state=STOPPED, source="review", at=later, by="ann@desk", detail="stop")
        assert first == replace(judged, words="enough")
        assert second == replace(judged, words="go away", sender="support")
        assert [one.held.number for one in store.reviews()] == [number(2)]
        assert list(store.settle_reviews("acme", number(1), stop=True, by="ann@desk", at=later)) == []

    @pytest.mark.parametrize("before", [UNKNOWN, SUBSCRIBED])
    def test_a_text_judged_none_changes_nothing_and_is_kept(self, store: Store, before: ConsentState) -> None:
        store.record_consent([consent(1, before), held(1), consent(1, SUBSCRIBED, sender="brand", source="import")])
        store.settle_reviews("acme", number(1), stop=False, by="ann@desk", at=NOW)
        assert (store.consent("acme", number(1)), store.count_reviews()) == (before, {})
        assert store.consent("acme", number(1), sender="brand") is SUBSCRIBED
        *_, last = store.consent_history("acme", number(1))
        assert (last.state, last.source, last.by, last.detail, last.words) == (
            *(before, "review", "ann@desk", "none"),
            "enough",
        )
        assert marketing(store) == (S.SENDING, None)

    def test_a_text_in_brings_its_entries_once(self, store: Store) -> None:
        text = InboundMessage("SM1", number(1), "+14155550100", "enough")
        for _ in range(2):
            store.record_inbound("acme", text, at=NOW, outcome={}, consent=[held(1), topic(1, PENDING)])
        assert list(store.ledger()) == [held(1), topic(1, PENDING)]
        assert store.count_reviews() == {"acme": 1}
