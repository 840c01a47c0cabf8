"""Takes an inbound text: records it once, with all that it changes, and queues the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.config.models import Keyword
from engine.config.words import mend
from engine.inbound.actions import LOOP, LOOP_TEXTS, LOOP_TIME, event_of, to_call, to_start
from engine.inbound.consent import NO_RULE, Agreed, Known, agreed
from engine.inbound.keywords import Routed, Router
from engine.inbound.line import Line
from engine.inbound.replies import reply_to
from engine.outbox import Send
from engine.record import record
from engine.store import Store
from engine.texts import Acquaintance, Arrival, Texter
from engine.types import ConsentState, Event, InboundMessage, Json, Person
from engine.webhooks import Call


@record
class Received:
    """What became of a text. `replies` are ids of queued messages; a repeated text does nothing."""

    routed: Routed
    replies: tuple[str, ...] = ()
    consent: ConsentState | None = None  # what the text changed it to
    events: tuple[Event, ...] = ()
    repeated: bool = False
    unanswered: str | None = None  # why there is no answer where there might be one: a code and words
    started: str | None = None  # id of the message that it made be sent later on
    call: str | None = None  # id of the call of a webhook


@record
class Incoming:
    """A text that comes in on a line, and the line's rules."""

    line: Line
    router: Router
    message: InboundMessage


def receive(
    store: Store, line: Line, message: InboundMessage, *, now: datetime, router: Router | None = None
) -> Received:
    """Records one text; see `receive_all`."""
    chosen = router or Router(line.workspace.keywords, line.workspace.consent)
    (received,) = receive_all(store, [Incoming(line, chosen, message)], now=now)
    return received


def receive_all(store: Store, incoming: Sequence[Incoming], *, now: datetime) -> list[Received]:
    """Records texts and their effects in one transaction: consent, changed attributes, one reply, a message for later,
    a call of a webhook. What becomes of each is what would become of it if they came one after the other.

    A text whose provider id was recorded before changes nothing and is not answered again.
    """
    with store.together():
        return [received for each in _rounds(incoming) for received in _receive(store, each, now)]


def _rounds(incoming: Sequence[Incoming]) -> Iterator[Sequence[Incoming]]:
    """Splits texts, so that no two of one number are read together: what the first one does, the second one finds."""
    some: list[Incoming] = []
    numbers: set[tuple[str, str]] = set()
    for one in incoming:
        number = (one.line.name, one.message.from_number)
        if number in numbers:
            yield some
            some, numbers = [], set()
        some.append(one)
        numbers.add(number)
    if some:
        yield some


@record
class _Read:
    """A text that was read: what is to be recorded of it, and what becomes of it where it is new."""

    arrival: Arrival
    routed: Routed
    consent: ConsentState | None
    events: tuple[Event, ...]
    unanswered: str | None
    start: Send | None
    call: Call | None


def _receive(store: Store, incoming: Sequence[Incoming], now: datetime) -> Iterator[Received]:
    senders = [one.line.sender_of(one.message.to) or one.line.sender_of(one.message.service or "") for one in incoming]
    texters = [
        Texter(
            one.line.name,
            one.message.from_number,
            one.message.to,
            (sender or one.message.to) if one.line.workspace.consent.scope == "sender" else "",
        )
        for one, sender in zip(incoming, senders, strict=True)
    ]
    known = store.acquaintances(texters, since=now - LOOP_TIME)
    read = [_read(store, *one, now) for one in zip(incoming, senders, texters, known, strict=True)]
    queued = store.record_texts([one.arrival for one in read], at=now)
    store.add_calls(
        [one.call for one, new in zip(read, queued, strict=True) if one.call is not None and new is not None]
    )
    for one, new in zip(read, queued, strict=True):
        if new is None:
            yield Received(one.routed, repeated=True)
            continue
        started = None
        if one.start is not None:
            workspace, message, whose = one.arrival.workspace, one.arrival.message, one.arrival.person
            started = store.start_later(
                workspace,
                message.provider_id,
                one.start,
                number=message.from_number,
                person=whose.id if whose is not None else None,
            )
        call = one.call.id if one.call is not None else None
        yield Received(one.routed, new.ids, one.consent, one.events, False, one.unanswered, started, call)


def _read(store: Store, one: Incoming, sender: str | None, texter: Texter, met: Acquaintance, now: datetime) -> _Read:
    line, message = one.line, one.message
    body = mend(message.body)
    if body != message.body:
        message = replace(message, body=body)
    who, workspace = met.person, line.workspace
    known = Known.of(store, workspace, texter, met.consent, now=now)
    routed = one.router.route(
        message.body,
        sender=sender,
        stopped=known.stopped,
        toll_free=line.is_toll_free(sender),
        pending=known.pending.topic if known.pending else None,
        opt_out=message.opt_out,
    )
    change = agreed(known, workspace, message, routed, person=who or "", now=now)
    changed = change.state is not None and change.state is not known.state
    event = event_of(message, routed.keyword)
    rule = workspace.keywords[routed.rule] if routed.rule else NO_RULE
    person = _person(line, message, who, routed, rule.set)
    looping = met.lately >= LOOP_TEXTS
    reply = (
        LOOP if looping else reply_to(line, message, sender, routed, known, change, dict(event), now, changed=changed)
    )
    call = to_call(
        rule, line.name, message, sender=sender, routed=routed, person=person.id if person is not None else who, now=now
    )
    return _Read(
        Arrival(
            line.name,
            message,
            _outcome(routed, change, rule, reply, person),
            change.entries,
            reply if isinstance(reply, Send) else None,
            person,
        ),
        routed,
        change.state if changed else None,
        (Event(rule.emit, now, line.name, None, event),) if rule.emit else (),
        reply if isinstance(reply, str) else None,
        None if looping else to_start(rule, line.name, workspace, line.release, event=event, now=now),
        call,
    )


def _outcome(
    routed: Routed, change: Agreed, rule: Keyword, reply: Send | str | None, person: Person | None
) -> dict[str, Json]:
    """Gives what is kept of a text beside its words; what did not happen is left out."""
    kept: dict[str, Json] = {"rule": routed.name, "keyword": routed.keyword, "because": routed.because}
    if change.state is not None:
        kept["consent"] = str(change.state)
    if routed.review:
        kept["review"] = routed.review
    if rule.emit:
        kept["emit"] = rule.emit
    if rule.set and person is not None:
        kept["set"] = dict(rule.set)
    if rule.start is not None:
        kept["start"] = rule.start.template
    if rule.call:
        kept["call"] = rule.call
    if isinstance(reply, str):
        kept["unanswered"] = reply
    return kept


def _person(
    line: Line, message: InboundMessage, known: str | None, routed: Routed, changes: Mapping[str, Json]
) -> Person | None:
    """Gives who texted, with what the rule sets: those attributes alone, since the store merges them into the rest.

    Of several people with the number, it is the first by id. Whether somebody unknown becomes a person, named after the
    number, is `audience.unknown_numbers`; who writes STOP never does.
    """
    if known is not None:
        return Person(line.name, known, None, changes)
    audience = line.workspace.settings.audience
    adds = audience.unknown_numbers == "add" or (audience.unknown_numbers == "when-set" and changes)
    if not adds or routed.meaning == "STOP":
        return None
    attributes = {audience.phone_attribute: message.from_number, **changes}
    return Person(line.name, message.from_number, message.from_number, attributes)
