"""What a text changes of its sender's consent: entries of the ledger, each with the text as its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.config.models import Keyword, Topic, Workspace
from engine.inbound.keywords import Routed
from engine.ledger import Subscription
from engine.record import record
from engine.store import Store
from engine.texts import Texter
from engine.types import Consent, ConsentState, InboundMessage

SOURCE = "inbound"
NO_RULE = Keyword()
"""What a text does that meets no rule: nothing."""

_STATES = {"STOP": ConsentState.STOPPED, "START": ConsentState.SUBSCRIBED}


@record
class Known:
    """What is known of a number before its text is read. `scope` is the sender that its consent is about, or empty."""

    workspace: str
    number: str
    scope: str
    state: ConsentState
    topics: Mapping[str, Subscription]
    pending: Subscription | None  # the newest question that a YES answers now

    @classmethod
    def of(cls, store: Store, workspace: Workspace, texter: Texter, state: ConsentState, *, now: datetime) -> Known:
        """Gives it of a number whose consent is known; its topics are looked up where the workspace has any."""
        name, number = texter.workspace, texter.number
        if not workspace.topics:
            return cls(name, number, texter.scope, state, {}, None)
        topics = {one.topic: one for one in store.subscriptions(name, number)}
        waiting = (one for one in topics.values() if _waits(one, workspace.topics.get(one.topic), now))
        return cls(name, number, texter.scope, state, topics, next(waiting, None))

    @property
    def stopped(self) -> bool:
        """True for a number that has stopped."""
        return self.state is ConsentState.STOPPED


@record
class Agreed:
    """What a text changes. `state` is what it says of all messages, `asks` the topic whose question comes now."""

    entries: tuple[Consent, ...] = ()
    state: ConsentState | None = None
    asks: str | None = None


def agreed(
    known: Known, workspace: Workspace, message: InboundMessage, routed: Routed, *, person: str, now: datetime
) -> Agreed:
    """Gives what a text changes. `person` is the id of who wrote it, empty where they are not known.

    A text that may be a STOP and is no certain one is held for review, and is then never taken as an opt-in.
    """
    rule = workspace.keywords[routed.rule] if routed.rule else NO_RULE

    def entry(state: ConsentState, *, sender: str = "", topic: str = "") -> Consent:
        return Consent(
            workspace=known.workspace,
            number=known.number,
            state=state,
            source=SOURCE,
            at=now,
            sender=sender,
            detail=routed.name or "",
            topic=topic,
            words=message.body,
            message=message.provider_id,
            person=person,
        )

    if routed.meaning is not None:
        state = _STATES.get(routed.meaning)
        return Agreed() if state is None else Agreed((entry(state, sender=known.scope),), state)
    if routed.topic is not None:
        return Agreed((entry(ConsentState.SUBSCRIBED, topic=routed.topic),))
    entries: list[Consent] = []
    state, asks = None, None
    if rule.unsubscribe is True:
        state = ConsentState.STOPPED
        entries.append(entry(state, sender=known.scope))
    elif rule.unsubscribe:
        entries.append(entry(ConsentState.STOPPED, topic=rule.unsubscribe))
    if routed.review is not None:
        if not known.stopped and state is None:
            entries.append(entry(ConsentState.REVIEW, sender=known.scope))
    elif rule.subscribe is True:
        state = ConsentState.SUBSCRIBED
        entries.append(entry(state, sender=known.scope))
    elif rule.subscribe:
        asks = rule.subscribe if _must_ask(known, workspace, rule.subscribe) else None
        entries.append(entry(ConsentState.PENDING if asks else ConsentState.SUBSCRIBED, topic=rule.subscribe))
    return Agreed(tuple(entries), state, asks)


def _waits(one: Subscription, topic: Topic | None, now: datetime) -> bool:
    return one.state is ConsentState.PENDING and topic is not None and now < one.at + topic.confirm_within


def _must_ask(known: Known, workspace: Workspace, topic: str) -> bool:
    there = known.topics.get(topic)
    return workspace.topics[topic].double_opt_in and (there is None or there.state is not ConsentState.SUBSCRIBED)
