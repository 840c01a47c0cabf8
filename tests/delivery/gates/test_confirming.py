"""The confirmation of a STOP comes within five minutes of it, or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from gate_case import NOW, case, claim, settings

from engine.config.models import ConsentConfig
from engine.delivery.gates import Action
from engine.delivery.gates.confirming import CONFIRM_WITHIN, confirm_by
from engine.delivery.gates.expired import expired
from engine.delivery.prepare import need_of
from engine.types import ConsentNeed, Purpose

SECOND = timedelta(seconds=1)
STOP = {"consent": "stop", "at": NOW.isoformat()}


@pytest.mark.parametrize(
    ("late", "event", "action"),
    [
        (CONFIRM_WITHIN - SECOND, STOP, Action.PASS),
        (CONFIRM_WITHIN, STOP, Action.EXPIRE),
        (CONFIRM_WITHIN * 20, STOP, Action.EXPIRE),
        (CONFIRM_WITHIN, {"consent": "stop"}, Action.EXPIRE),  # counted from its queueing where no more is known
        (CONFIRM_WITHIN * 20, {"consent": "start"}, Action.PASS),
        (CONFIRM_WITHIN * 20, {"consent": "help"}, Action.PASS),
        (CONFIRM_WITHIN * 20, {}, Action.PASS),
    ],
)
def test_it_expires(late: timedelta, event: dict[str, str], action: Action) -> None:
    verdict = expired(case(now=NOW + late, event=event, purpose=Purpose.REPLY, reply_from="main"))
    assert verdict is not None
    assert verdict.action is action
    assert (verdict.reason == "expired.confirmation") is (action is Action.EXPIRE)


def test_it_is_counted_from_the_stop_and_looked_at_again_in_the_commit() -> None:
    event = {"consent": "stop", "at": (NOW - CONFIRM_WITHIN + SECOND).isoformat()}
    one = case(event=event, purpose=Purpose.REPLY, reply_from="main")
    verdict = expired(one)
    assert verdict is not None
    assert (verdict.action, verdict.until) == (Action.PASS, NOW + SECOND)
    assert confirm_by(claim(event={})) is None


@pytest.mark.parametrize(
    ("purpose", "event", "topic", "marketing", "need"),
    [
        (Purpose.MARKETING, {}, None, "subscribed", ConsentNeed.SUBSCRIBED),
        (Purpose.MARKETING, {}, None, "not-stopped", ConsentNeed.NOT_STOPPED),
        (Purpose.MARKETING, {}, "offers", "subscribed", ConsentNeed.NOT_STOPPED),  # the topic's own subscribers
        (Purpose.TRANSACTIONAL, {}, None, "subscribed", ConsentNeed.NOT_STOPPED),
        (Purpose.REPLY, {"consent": "stop"}, None, "subscribed", ConsentNeed.NOTHING),
        (Purpose.REPLY, {"consent": "help"}, None, "subscribed", ConsentNeed.NOTHING),
        (Purpose.REPLY, {"consent": "start"}, None, "subscribed", ConsentNeed.NOT_STOPPED),
    ],
)
def test_what_a_message_needs(
    purpose: Purpose, event: dict[str, str], topic: str | None, marketing: str, need: ConsentNeed
) -> None:
    consent = ConsentConfig.model_validate({"marketing": marketing})
    assert need_of(claim(purpose=purpose, event=event), consent, topic) is need
    assert settings().sending.valid_for > CONFIRM_WITHIN, "its own time is the shorter one"
