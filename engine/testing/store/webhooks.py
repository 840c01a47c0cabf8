"""Calls of webhooks: made by one worker at a time, until they are delivered or given up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.errors import UsageError
from engine.store import Store
from engine.testing.store.base import ALICE, BOB, NOW, SECOND, StoreSuite, number, person, send
from engine.types import InboundMessage
from engine.webhooks import Call, CallChange, CallState, ClaimedCall, GoneWebhook

LEASE = timedelta(seconds=60)


def add(store: Store, *names: str, webhook: str = "crm", workspace: str = "acme") -> None:
    """Records texts, each with a call of the same name."""
    for name in names:
        message = InboundMessage(f"SM-{name}", number(1), "+14155550100", "JOIN")
        store.record_inbound(workspace, message, at=NOW, outcome={})
        store.add_calls([Call(name, workspace, webhook, f"SM-{name}", f'{{"call": "{name}"}}', NOW)])


def take(store: Store, *, owner: str = ALICE, now: datetime = NOW, **fields: Any) -> Sequence[ClaimedCall]:
    """Claims what is due."""
    return store.claim_calls(**{"owner": owner, "now": now, "lease": LEASE, "each": 10, "limit": 100, **fields})


def end(store: Store, call_id: str, state: CallState, *, owner: str = ALICE, **fields: Any) -> bool:
    """Ends an attempt."""
    (made,) = store.change_calls([CallChange(call_id, owner, state, NOW, **fields)])
    return made


class WebhooksSuite(StoreSuite):
    """Of calls of webhooks."""

    def test_are_due_at_once_and_are_one_worker_s_alone(self, store: Store) -> None:
        assert not store.calls_due(NOW)
        add(store, "a", "b")
        assert store.calls_due(NOW)
        assert list(take(store)) == [
            ClaimedCall("a", "acme", "crm", '{"call": "a"}', 0),
            ClaimedCall("b", "acme", "crm", '{"call": "b"}', 0),
        ]
        assert list(take(store, owner=BOB)) == []
        assert store.calls_due(NOW), "it is still to be made"

    def test_are_due_again_when_the_lease_ran_out(self, store: Store) -> None:
        add(store, "a")
        take(store)
        assert [call.id for call in take(store, owner=BOB, now=NOW + LEASE)] == ["a"]
        assert not end(store, "a", CallState.DELIVERED), "it is another worker's by now"
        assert end(store, "a", CallState.DELIVERED, owner=BOB)

    def test_keep_their_place_but_leave_room_for_other_webhooks(self, store: Store) -> None:
        add(store, "a", "b", "c")
        add(store, "d", webhook="till")
        assert [call.id for call in take(store, each=1)] == ["a", "d"]
        assert [call.id for call in take(store, busy=[("acme", "crm")])] == []
        assert [call.id for call in take(store, limit=1)] == ["b"]

    def test_of_one_name_in_two_workspaces_are_not_one_another_s(self, store: Store) -> None:
        add(store, "a")
        add(store, "b", workspace="other")
        assert [call.id for call in take(store, busy=[("other", "crm")])] == ["a"]

    def test_are_tried_again_at_their_time(self, store: Store) -> None:
        add(store, "a")
        take(store)
        assert end(store, "a", CallState.PENDING, reason="webhook.status: 500", due_at=NOW + SECOND)
        assert not store.calls_due(NOW)
        assert list(take(store)) == []
        (again,) = take(store, now=NOW + SECOND)
        assert again.attempts == 1
        assert end(store, "a", CallState.PENDING, due_at=NOW, counts=False)
        (again,) = take(store)
        assert again.attempts == 1, "no attempt was made"

    def test_show_what_came_of_them(self, store: Store) -> None:
        add(store, "a", "b", "c")
        add(store, "d", webhook="till")
        take(store)
        end(store, "a", CallState.DELIVERED)
        end(store, "b", CallState.FAILED, reason="webhook.status: 500")
        assert [(call.id, call.state, call.attempts, call.reason) for call in store.calls()] == [
            ("a", CallState.DELIVERED, 1, None),
            ("b", CallState.FAILED, 1, "webhook.status: 500"),
            ("c", CallState.PENDING, 0, None),
            ("d", CallState.PENDING, 0, None),
        ]
        assert [call.id for call in store.calls(states=[CallState.PENDING], newest=1)] == ["d"]
        assert list(store.calls(workspace="other")) == []
        assert [call.id for call in store.calls_of([("acme", "SM-b"), ("acme", "SM-x")])] == ["b"]
        assert store.count_calls() == {
            ("acme", "crm"): {CallState.FAILED: 1, CallState.PENDING: 1},
            ("acme", "till"): {CallState.PENDING: 1},
        }

    def test_that_failed_are_made_again_when_somebody_says_so(self, store: Store) -> None:
        add(store, "a", "b", "c")
        take(store)
        for name in ("a", "b"):
            end(store, name, CallState.FAILED, reason="webhook.status: 500")
        end(store, "c", CallState.DELIVERED)
        assert store.retry_calls("acme", ids=["a", "c", "x"], at=NOW) == 1
        assert [(call.id, call.attempts) for call in take(store)] == [("a", 0)]
        assert store.retry_calls("other", webhook="crm", at=NOW) == 0
        assert store.retry_calls("acme", webhook="crm", at=NOW) == 1
        assert [call.id for call in take(store)] == ["b"]

    def test_that_were_delivered_can_be_forgotten(self, store: Store) -> None:
        add(store, "a", "b", "c", "d")
        take(store)
        for name in ("a", "b"):
            end(store, name, CallState.DELIVERED)
        end(store, "c", CallState.FAILED, reason="webhook.status: 500")
        assert store.forget_calls(before=NOW, limit=9) == 0, "before, not at"
        assert store.forget_calls(before=NOW + SECOND, limit=1) == 1
        assert [call.id for call in store.calls()] == ["b", "c", "d"]
        assert store.forget_calls(before=NOW + SECOND, limit=9) == 1
        assert [call.id for call in store.calls()] == ["c", "d"], "what failed is there until somebody has seen to it"
        assert [text.provider_id for text in store.texts()] == ["SM-a", "SM-b", "SM-c", "SM-d"]

    def test_of_a_webhook_that_is_gone_are_given_up_until_somebody_says_otherwise(self, store: Store) -> None:
        add(store, "a", "b")
        add(store, "c", webhook="till")
        take(store, limit=1)
        gone = GoneWebhook("acme", "crm", "https://crm.example", NOW)
        end(store, "a", CallState.FAILED, reason="webhook.gone")
        store.webhook_is_gone(gone)
        assert list(store.gone_webhooks()) == [gone]
        assert [(call.id, call.state) for call in store.calls()] == [
            ("a", CallState.FAILED),
            ("b", CallState.FAILED),
            ("c", CallState.PENDING),
        ]
        assert store.retry_calls("acme", webhook="crm", at=NOW) == 2
        assert list(store.gone_webhooks()) == []
        store.webhook_is_gone(gone)
        store.retry_calls("acme", ids=["a"], at=NOW)
        assert list(store.gone_webhooks()) == []

    def test_are_recorded_with_their_text_or_not_at_all(self, store: Store) -> None:
        def half() -> None:
            with store.together():
                add(store, "a")
                store.queue(send(), persons=["nobody"])

        with pytest.raises(UsageError):
            half()
        assert list(store.calls()) == []
        assert list(store.texts()) == []

    def test_say_nothing_of_who_is_erased(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        add(store, "a", "b")
        take(store)
        end(store, "a", CallState.FAILED, reason="webhook.status: 500")
        store.erase_person("acme", "ada", at=NOW)
        assert list(take(store, now=NOW + LEASE)) == []
        assert [(call.state, call.reason) for call in store.calls()] == [
            (CallState.FAILED, "webhook.status: 500"),
            (CallState.FAILED, "person.erased"),
        ]
        assert store.retry_calls("acme", webhook="crm", at=NOW) == 0, "nothing is left to tell"
