"""After a STOP that is on disk nothing goes to its number but the confirmation and the answer to HELP, whatever waited,
was claimed or was prepared before it, and wherever the STOP came from."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from engine.config.models import Workspace
from engine.delivery.prepare import need_of
from engine.inbound.keywords import Router
from engine.inbound.line import Line
from engine.inbound.receive import receive
from engine.outbox import Claim
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import LANE, LEASE, NOW, SENDER, consent, number, prepared, send
from engine.types import ConsentState, InboundMessage, MessageState, Purpose

CORPUS = Path(__file__).parent.parent / "data/revocation/en.jsonl"
ROWS = [json.loads(row) for row in CORPUS.read_text(encoding="utf-8").splitlines()]
STOPS, DOUBTS = ([row["text"] for row in ROWS if row["expected"] == expected] for expected in ("stop", "review"))
WORKSPACE = Workspace.model_validate(
    {
        "settings": {"name": "Acme", "business": {"country": "US"}},
        "senders": {"support": {"number": SENDER.value, "kind": "long-code"}},
        "keywords": {
            "join": {"words": ["join"], "reply": "welcome", "subscribe": True},
            "offers": {"words": ["offers"], "subscribe": "offers"},
            "leave": {"words": ["leave"], "unsubscribe": True},
            "rest": {"match": "any", "reply": "unknown"},
        },
        "topics": {"offers": {"name": "offers", "double_opt_in": True}},
    }
)
NUMBERS = st.integers(0, 1)


class Consenting(RuleBasedStateMachine):
    """Phones, an operator and a provider against two stages of a send loop."""

    claims = Bundle("claims")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = SqliteStore.open("sqlite:///engine.db", folder=Path(self.folder.name))
        self.line = Line("acme", WORKSPACE, "r1", provider_answers=False)
        self.router = Router(WORKSPACE.keywords, WORKSPACE.consent)
        self.now, self.texts = NOW, 0
        self.stopped: set[str] = set()
        self.subscribed: set[str] = set()
        self.reviewed: set[str] = set()
        self.pending: set[str] = set()
        self.offers: set[str] = set()
        self.stops: Counter[str] = Counter()
        self.confirmed: Counter[str] = Counter()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def text(self, n: int, body: str, **fields: object) -> None:
        self.texts += 1
        self.now += timedelta(minutes=1)
        message = InboundMessage(f"SM{self.texts}", number(n), SENDER.value, body, **fields)  # type: ignore[arg-type] # opt_out alone
        receive(self.store, self.line, message, now=self.now, router=self.router)

    def stop(self, to: str) -> None:
        self.stops[to] += to not in self.stopped
        self.stopped.add(to)
        self.subscribed.discard(to)
        self.reviewed.discard(to)
        self.pending.discard(to)

    def start(self, to: str) -> None:
        self.stopped.discard(to)
        self.reviewed.discard(to)
        self.subscribed.add(to)

    @rule(n=NUMBERS, body=st.sampled_from([*STOPS, "leave"]))
    def says_stop(self, n: int, body: str) -> None:
        self.text(n, body)
        self.stop(number(n))

    @rule(n=NUMBERS)
    def provider_heard_a_stop(self, n: int) -> None:
        self.text(n, "join", opt_out="STOP")
        self.stop(number(n))

    @rule(n=NUMBERS, source=st.sampled_from(["operator", "provider:21610"]))
    def is_stopped_otherwise(self, n: int, source: str) -> None:
        self.store.record_consent([consent(n, ConsentState.STOPPED, source=source)])
        self.stop(number(n))

    @rule(n=NUMBERS, body=st.sampled_from(["start", "UNSTOP", "join"]))
    def says_start(self, n: int, body: str) -> None:
        self.text(n, body)
        self.start(number(n))

    @rule(n=NUMBERS, body=st.sampled_from(DOUBTS))
    def says_what_may_be_a_stop(self, n: int, body: str) -> None:
        self.text(n, body)
        if number(n) not in self.stopped:
            self.reviewed.add(number(n))

    @rule(n=NUMBERS, stop=st.booleans())
    def is_judged(self, n: int, stop: bool) -> None:
        settled = self.store.settle_reviews("acme", number(n), stop=stop, by="ann", at=self.now)
        assert bool(settled) == (number(n) in self.reviewed)
        self.reviewed.discard(number(n))
        if stop and settled:
            self.stop(number(n))

    @rule(n=NUMBERS)
    def asks_for_offers(self, n: int) -> None:
        self.text(n, "offers")
        if number(n) not in self.offers:
            self.pending.add(number(n))

    @rule(n=NUMBERS)
    def says_yes(self, n: int) -> None:
        self.text(n, "yes")
        if number(n) in self.stopped:
            self.start(number(n))
        elif number(n) in self.pending:
            self.pending.discard(number(n))
            self.offers.add(number(n))

    @rule(n=NUMBERS, body=st.sampled_from(["help", "where is my order"]))
    def asks(self, n: int, body: str) -> None:
        self.text(n, body)

    @rule(purpose=st.sampled_from([Purpose.MARKETING, Purpose.MARKETING, Purpose.TRANSACTIONAL]))
    def broadcast(self, purpose: Purpose) -> None:
        one = send(purpose=purpose, due_at=self.now, created_at=self.now)
        self.store.queue(one, numbers=[number(n) for n in range(2)])

    @rule(target=claims, limit=st.integers(1, 6))
    def claim(self, limit: int) -> object:
        found = self.store.claim(owner="alice", now=self.now, lease=LEASE, lane=LANE, limit=limit)
        return multiple(*found)

    @rule(seconds=st.sampled_from([1, 121]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.store.sweep(now=self.now, first_look=timedelta(seconds=1))

    @rule(topic=st.sampled_from(["", "offers"]))
    def deliver(self, topic: str) -> None:
        self.broadcast(Purpose.MARKETING)
        for one in self.store.claim(owner="alice", now=self.now, lease=LEASE, lane=LANE, limit=20):
            self.commit(one, topic)

    @rule(one=claims, topic=st.sampled_from(["", "offers"]))
    def commit_late(self, one: Claim, topic: str) -> None:
        self.commit(one, topic)

    def commit(self, one: Claim, topic: str) -> None:
        marketing = one.purpose is Purpose.MARKETING
        need = need_of(one, WORKSPACE.consent, topic if marketing and topic else None)
        item = prepared(
            one, owner="alice", need=need, marketing=marketing, topic=topic if marketing else "", to=one.number
        )
        (result,) = self.store.commit([item], now=self.now, lease=LEASE)
        if result.state is not MessageState.SENDING:
            return
        to = item.frozen.to
        answers = one.event.get("consent")
        self.confirmed[to] += answers == "stop"
        assert to not in self.stopped or answers in ("stop", "help"), (to, one.event)
        assert self.confirmed[to] <= self.stops[to], "one confirmation for each STOP"
        if marketing:
            assert to not in self.reviewed
            assert to in (self.offers if topic else self.subscribed)


TestConsenting = Consenting.TestCase
TestConsenting.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
