"""Whatever happens in whatever order, a message moves only along the arrows of the delivery contract."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from engine.outbox import Change, Claim
from engine.state.sqlite import SqliteStore
from engine.stops import Unreachable, Which
from engine.testing.store.base import LANE, LEASE, NOW, consent, number, person, prepared, send
from engine.types import ConsentNeed, ConsentState, MessageState

S = MessageState
ARROWS = {
    None: {S.QUEUED},
    S.CLAIMED: {S.QUEUED, S.RETRY_WAIT, S.SENDING, S.SUPPRESSED, S.EXPIRED, S.CANCELLED, S.FAILED},
    S.SENDING: {S.ACCEPTED, S.REJECTED, S.RETRY_WAIT, S.IN_DOUBT},
    S.IN_DOUBT: {S.IN_DOUBT, S.ACCEPTED, S.RETRY_WAIT, S.HELD},
    S.HELD: {S.ACCEPTED, S.QUEUED, S.CANCELLED},
    S.RETRY_WAIT: {S.ACCEPTED, S.CANCELLED},
    S.QUEUED: {S.CANCELLED},
    S.ACCEPTED: {S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED},
    S.SENT: {S.DELIVERED, S.UNDELIVERED, S.FAILED},
}
"""From the table in the delivery contract; a claim itself is not kept in the history."""

CLAIMABLE = {S.QUEUED, S.RETRY_WAIT}
FINAL = {S.DELIVERED, S.UNDELIVERED, S.FAILED, S.REJECTED, S.SUPPRESSED, S.EXPIRED, S.CANCELLED}
ON_THEIR_WAY = {S.QUEUED, S.CLAIMED, S.RETRY_WAIT, S.SENDING, S.IN_DOUBT}
OWNERS = st.sampled_from(["alice", "bob"])
ENDS = st.sampled_from([(was, state) for was, states in ARROWS.items() if was for state in sorted(states)])


class Outbox(RuleBasedStateMachine):
    """Two workers, sweeps, look-ups, receipts, operators and erasures on one outbox, stale claims included."""

    claims = Bundle("claims")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store = SqliteStore.open("sqlite:///engine.db", folder=Path(self.folder.name))
        self.now = NOW
        self.store.upsert_people([person(f"p{n}", number(n // 2)) for n in range(6)], at=NOW)
        self.left: dict[str, int] = defaultdict(int)
        self.last: dict[str, MessageState] = {}
        self.stopped: set[str] = set()
        self.paused: set[str] = set()
        self.unreachable: set[str] = set()
        self.calls = 0

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    @rule(key=st.sampled_from([None, "k1", "k2"]))
    def send(self, key: str | None) -> None:
        self.store.queue(send(key=key, due_at=self.now, created_at=self.now), everyone=True)

    @rule(seconds=st.sampled_from([1, 60, 121]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(target=claims, owner=OWNERS, limit=st.integers(1, 4))
    def claim(self, owner: str, limit: int) -> object:
        found = self.store.claim(owner=owner, now=self.now, lease=LEASE, lane=LANE, limit=limit)
        assert all(self.last[one.id] in CLAIMABLE for one in found if one.id in self.last)
        return multiple(*((owner, one) for one in found))

    @rule(held=claims, need=st.sampled_from(ConsentNeed))
    def commit(self, held: tuple[str, Claim], need: ConsentNeed) -> None:
        owner, one = held
        item = prepared(one, owner=owner, need=need)
        (result,) = self.store.commit([item], now=self.now, lease=LEASE)
        if result.state is S.SENDING:
            self.left[one.id] += 1
            assert not self.paused
            assert need is ConsentNeed.NOTHING or item.frozen.to not in self.unreachable
            assert need is ConsentNeed.NOTHING or item.frozen.to not in self.stopped

    @rule(held=claims, arrow=ENDS, fenced=st.booleans(), lie=st.booleans(), not_sent=st.booleans())
    def change(
        self, held: tuple[str, Claim], arrow: tuple[MessageState, MessageState], fenced: bool, lie: bool, not_sent: bool
    ) -> None:
        owner, one = held
        was, state = arrow
        if state is S.SENDING:
            return
        self.calls += 1
        self.store.change(
            [
                Change(
                    one.id,
                    frozenset({was}),
                    state,
                    self.now,
                    attempt=one.attempt + (not lie) if fenced else None,
                    owner=owner if fenced else None,
                    due_at=self.now if state in (*CLAIMABLE, S.IN_DOUBT) else None,
                    provider_id=f"SM{self.calls % 3}" if state is S.ACCEPTED else None,
                    not_sent=not_sent and was is S.SENDING,
                )
            ]
        )

    @rule()
    def sweep(self) -> None:
        self.store.sweep(now=self.now, first_look=timedelta(seconds=1))

    @rule(owner=OWNERS)
    def look_up(self, owner: str) -> None:
        for doubt in self.store.due_doubts(owner=owner, now=self.now, lease=LEASE, limit=10):
            assert doubt.state is S.IN_DOUBT
            assert doubt.frozen is not None
            assert doubt.attempt_started_at is not None

    @rule(owner=OWNERS)
    def retire(self, owner: str) -> None:
        self.store.retire(owner)

    @rule(n=st.integers(0, 2), state=st.sampled_from([ConsentState.SUBSCRIBED, ConsentState.STOPPED]))
    def agree(self, n: int, state: ConsentState) -> None:
        self.store.record_consent([consent(n, state)])
        (self.stopped.add if state is ConsentState.STOPPED else self.stopped.discard)(number(n))
        if state is ConsentState.SUBSCRIBED:
            self.unreachable.discard(number(n))  # the entry is an operator's

    @rule(scope=st.sampled_from(["acme", LANE, "acme/template/club/welcome"]), resume=st.booleans())
    def pause(self, scope: str, resume: bool) -> None:
        if resume:
            assert self.store.resume(scope, by="ann", why="", at=self.now) == (scope in self.paused)
            self.paused.discard(scope)
        else:
            self.store.pause(scope, by="ann", why="", at=self.now)
            self.paused.add(scope)

    @rule(n=st.integers(0, 2))
    def suppress(self, n: int) -> None:
        self.store.suppress_numbers([Unreachable("acme", number(n), "30005", "", self.now)])
        self.unreachable.add(number(n))

    @rule()
    def cancel(self) -> None:
        before = self.store.count_states()
        done = self.store.cancel(Which(workspace="acme"), by="ann", at=self.now)
        after = self.store.count_states()
        assert after.get(S.CANCELLED, 0) == before.get(S.CANCELLED, 0) + done.cancelled
        assert S.HELD not in after
        assert {s: n for s, n in after.items() if s in ON_THEIR_WAY} == done.left

    @rule(n=st.integers(0, 5))
    def erase(self, n: int) -> None:
        if self.store.person("acme", f"p{n}") is not None:
            self.unreachable.discard(number(n // 2))
        self.store.erase_person("acme", f"p{n}", at=self.now)

    @invariant()
    def every_message_followed_the_arrows(self) -> None:
        if not hasattr(self, "store"):
            return
        provider_ids: list[str] = []
        for record in self.store.messages():
            entries = self.store.history(record.id)
            for entry in entries:
                assert entry.state in ARROWS[entry.was], f"{entry.was} → {entry.state}"
            for before, after in pairwise(entries):
                is_claim_between = after.was is S.CLAIMED and before.state in CLAIMABLE
                assert after.was is before.state or is_claim_between
            end = entries[-1].state
            assert (
                record.state is end
                or (record.state is S.CLAIMED and end in CLAIMABLE)
                or self._given_back(record.state, end)
            )
            assert record.attempts == self.left[record.id] == sum(entry.state is S.SENDING for entry in entries)
            assert self.last.get(record.id) not in FINAL or self.last[record.id] is record.state
            self.last[record.id] = record.state
            provider_ids += [record.provider_id] if record.provider_id else []
        assert len(provider_ids) == len(set(provider_ids))
        assert sum(self.store.count_states().values()) == len(self.last)

    @staticmethod
    def _given_back(state: MessageState, end: MessageState) -> bool:
        """A claim that a worker gave back after an attempt waits as a retry, whatever it waited as before."""
        return state is S.RETRY_WAIT and end is S.QUEUED


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
