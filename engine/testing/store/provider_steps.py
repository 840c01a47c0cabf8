"""Of what apply did at providers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.provider_steps import ProviderStep, SenderKey, StepState
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite

SUPPORT = SenderKey("acme", "twilio", "+14155550100")
POOL = SenderKey("acme", "twilio", "MG0123456789abcdef0123456789abcdef")
HERE = "https://sms.acme.example/webhooks/acme/twilio/inbound"
FIRST = ProviderStep("acme/provider/support", SUPPORT, {"inbound": HERE, "fallback": ""}, "d1", "ann@desk", NOW)
SECOND_STEP = ProviderStep("acme/provider/pool", POOL, {"inbound": HERE}, "d1", "ann@desk", NOW)


class ProviderStepsSuite(StoreSuite):
    """Of the steps that a plan takes at providers."""

    def test_keeps_steps_in_their_order_and_what_became_of_them(self, store: Store) -> None:
        assert store.last_steps() == []
        store.begin_steps([FIRST, SECOND_STEP])
        assert store.last_steps() == [FIRST, SECOND_STEP]
        store.end_step(FIRST.address, StepState.DONE, at=NOW + SECOND)
        store.end_step(SECOND_STEP.address, StepState.FAILED, at=NOW + SECOND, message="no answer")
        assert store.last_steps() == [
            replace(FIRST, state=StepState.DONE, at=NOW + SECOND),
            replace(SECOND_STEP, state=StepState.FAILED, at=NOW + SECOND, message="no answer"),
        ]

    def test_remembers_what_was_set_and_nothing_that_was_not(self, store: Store) -> None:
        store.begin_steps([FIRST, SECOND_STEP])
        assert store.webhooks_set() == {}
        store.end_step(FIRST.address, StepState.DONE, at=NOW)
        store.end_step(SECOND_STEP.address, StepState.FAILED, at=NOW, message="no answer")
        assert store.webhooks_set() == {SUPPORT: FIRST.sets}
        store.remember_webhooks({SUPPORT: {"fallback": HERE}, POOL: {"status": HERE}}, at=NOW)
        assert store.webhooks_set() == {SUPPORT: {"inbound": HERE, "fallback": HERE}, POOL: {"status": HERE}}

    def test_a_later_plan_takes_the_place_of_what_was_left_undone(self, store: Store) -> None:
        store.begin_steps([FIRST, SECOND_STEP])
        store.end_step(FIRST.address, StepState.DONE, at=NOW)
        again = replace(SECOND_STEP, digest="d2", at=NOW + SECOND)
        store.begin_steps([again])
        assert store.last_steps() == [again]
        with pytest.raises(KeyError):
            store.end_step(FIRST.address, StepState.DONE, at=NOW)

    def test_nothing_left_to_do_forgets_what_was_left_undone(self, store: Store) -> None:
        store.begin_steps([FIRST, SECOND_STEP])
        store.end_step(FIRST.address, StepState.DONE, at=NOW)
        store.end_step(SECOND_STEP.address, StepState.FAILED, at=NOW, message="no answer")
        store.begin_steps([])
        assert store.last_steps() == [replace(FIRST, state=StepState.DONE)]
        assert store.webhooks_set() == {SUPPORT: FIRST.sets}

    def test_steps_begun_in_a_transaction_that_fails_were_never_begun(self, store: Store) -> None:
        def fail() -> None:
            with store.together():
                store.begin_steps([FIRST])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert store.last_steps() == []
