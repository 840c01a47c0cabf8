"""Takes an inbound text: records it once, with all that it changes, and queues the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.compose.builtin import CONFIRM, CONFIRMED, HELP, RESUMED, STOPPED
from engine.config.models import Keyword, Workspace
from engine.config.words import mend
from engine.inbound.actions import LOOP, event_of, loops, to_call, to_start
from engine.inbound.consent import NO_RULE, Agreed, Known, agreed
from engine.inbound.keywords import Routed, Router
from engine.outbox import Send
from engine.store import Store
from engine.types import ConsentState, Event, InboundMessage, Json, Person, Purpose, SenderKind

_BUILT_IN = {"STOP": STOPPED, "START": RESUMED, "HELP": HELP}


@dataclass(frozen=True, slots=True)
class Line:
    """Where texts come in: a workspace under its applied release, and who answers STOP, START and HELP there."""

    name: str  # the workspace's
    workspace: Workspace
    release: str
    provider_answers: bool  # the provider answers STOP, START and HELP itself

    @property
    def engine_answers(self) -> bool:
        """True where the answers to STOP, START and HELP are ours to give."""
        replies_by = self.workspace.consent.replies_by
        return replies_by == "engine" or (replies_by is None and not self.provider_answers)

    def sender_of(self, value: str) -> str | None:
        """Gives the name of the sender that a number, code or service is."""
        return next((name for name, sender in self.workspace.senders.items() if sender.value == value), None)

    def is_toll_free(self, name: str | None) -> bool:
        """True for the name of a toll-free number."""
        return name is not None and self.workspace.senders[name].sender_kind is SenderKind.TOLL_FREE


@dataclass(frozen=True, slots=True)
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


def receive(
    store: Store, line: Line, message: InboundMessage, *, now: datetime, router: Router | None = None
) -> Received:
    """Records a text and its effects in one transaction: consent, changed attributes, one reply, a message for later, a
    call of a webhook. `store.together()` around several of them makes one transaction of all.

    A text whose provider id was recorded before changes nothing and is not answered again.
    """
    body = mend(message.body)
    with store.together():
        return _receive(store, line, message if body == message.body else replace(message, body=body), now, router)


def _receive(store: Store, line: Line, message: InboundMessage, now: datetime, router: Router | None) -> Received:
    sender = line.sender_of(message.to) or line.sender_of(message.service or "")
    known = Known.of(store, line.name, line.workspace, message.from_number, sender or message.to, now=now)
    chosen = router or Router(line.workspace.keywords, line.workspace.consent)
    routed = chosen.route(
        message.body,
        sender=sender,
        stopped=known.stopped,
        toll_free=line.is_toll_free(sender),
        pending=known.pending.topic if known.pending else None,
        opt_out=message.opt_out,
    )
    who = next(iter(store.people_with_number(line.name, message.from_number)), None)
    change = agreed(known, line.workspace, message, routed, person=who.id if who else "", now=now)
    changed = change.state is not None and change.state is not known.state
    event = event_of(message, routed.keyword)
    looping = loops(store, line.name, message, now=now)
    reply = LOOP if looping else _reply(line, message, sender, routed, known, change, dict(event), now, changed=changed)
    rule = line.workspace.keywords[routed.rule] if routed.rule else NO_RULE
    person = _person(line, message, who, routed, rule.set)
    start = None if looping else to_start(rule, line.name, line.workspace, line.release, event=event, now=now)
    call = to_call(rule, line.name, message, sender=sender, routed=routed, person=person or who, now=now)
    queued = store.record_inbound(
        line.name,
        message,
        at=now,
        outcome=_outcome(routed, change, rule, reply, person),
        consent=change.entries,
        reply=reply if isinstance(reply, Send) else None,
        person=person,
    )
    if queued is None:
        return Received(routed, repeated=True)
    started = None
    if start is not None:
        whose = person.id if person is not None else None
        started = store.start_later(line.name, message.provider_id, start, number=message.from_number, person=whose)
    if call is not None:
        store.add_calls([call])
    return Received(
        routed,
        queued.ids,
        change.state if changed else None,
        (Event(rule.emit, now, line.name, None, event),) if rule.emit else (),
        unanswered=reply if isinstance(reply, str) else None,
        started=started,
        call=call.id if call is not None else None,
    )


def _outcome(
    routed: Routed, change: Agreed, rule: Keyword, reply: Send | str | None, person: Person | None
) -> dict[str, Json]:
    """Gives what is kept of a text beside its words; what did not happen is left out."""
    happened: dict[str, Json] = {
        "consent": str(change.state) if change.state is not None else None,
        "review": routed.review,
        "emit": rule.emit,
        "set": dict(rule.set) if person is not None else None,
        "start": rule.start.template if rule.start is not None else None,
        "call": rule.call,
        "unanswered": reply if isinstance(reply, str) else None,
    }
    return {
        "rule": routed.name,
        "keyword": routed.keyword,
        "because": routed.because,
        **{name: value for name, value in happened.items() if value},
    }


def _reply(
    line: Line,
    message: InboundMessage,
    sender: str | None,
    routed: Routed,
    known: Known,
    change: Agreed,
    event: dict[str, Json],
    now: datetime,
    *,
    changed: bool,
) -> Send | str | None:
    """Gives the answer, or why there is none although there might be one."""
    if sender is None:
        return f"inbound.unknown-sender: the config has no sender {message.to!r} to answer from"
    if routed.meaning is not None:
        # One confirmation: a second STOP from a number that has stopped is recorded and not answered. Where the
        # provider says what it took the text for, it has answered it.
        if message.opt_out or not line.engine_answers:
            return "inbound.provider-answers"
        if routed.meaning != "HELP" and not changed:
            return "inbound.confirmed-before"
        standard = getattr(line.workspace.consent, routed.meaning.lower())
        template = standard.reply or _BUILT_IN[routed.meaning]
        event["consent"] = routed.meaning.lower()
    elif change.state is ConsentState.STOPPED:
        if not changed:
            return "inbound.confirmed-before"
        rule = line.workspace.keywords[routed.rule or ""]
        template = rule.reply or line.workspace.consent.stop.reply or STOPPED
        event["consent"] = "stop"
    elif (chosen := _chosen(line, routed, known, change)) is not None:
        template = chosen
        topic = line.workspace.topics.get(routed.topic or change.asks or "")
        if topic is not None:
            event["topic"] = topic.name
    else:
        return None
    if event.get("consent") == "stop":
        # Its confirmation may come within minutes of the STOP itself, however late we heard of it.
        event["at"] = min(message.at or now, now).isoformat()
    return Send(
        workspace=line.name,
        template=template,
        release=line.release,
        purpose=Purpose.REPLY,
        lane=f"{line.name}/sender/{sender}",
        data={},
        event=event,
        due_at=now,
        created_at=now,
        reply_from=sender,
    )


def _chosen(line: Line, routed: Routed, known: Known, change: Agreed) -> str | None:
    """Gives the template that answers a text which neither means STOP, START nor HELP: of a topic that must be
    confirmed, its question first, and the rule's own reply after the YES."""
    if change.asks is not None:
        return line.workspace.topics[change.asks].confirm or CONFIRM
    name = known.pending.detail if routed.topic is not None and known.pending is not None else routed.rule
    rule = line.workspace.keywords.get(name or "")
    if rule is not None and rule.reply is not None:
        return rule.reply
    return CONFIRMED if routed.topic is not None else None


def _person(
    line: Line, message: InboundMessage, known: Person | None, routed: Routed, changes: Mapping[str, Json]
) -> Person | None:
    """Gives who texted, with what the rule sets: those attributes alone, since the store merges them into the rest.

    Of several people with the number, it is the first by id. Whether somebody unknown becomes a person, named after the
    number, is `audience.unknown_numbers`; who writes STOP never does.
    """
    if known is not None:
        return replace(known, attributes=changes)
    audience = line.workspace.settings.audience
    adds = audience.unknown_numbers == "add" or (audience.unknown_numbers == "when-set" and changes)
    if not adds or routed.meaning == "STOP":
        return None
    attributes = {audience.phone_attribute: message.from_number, **changes}
    return Person(line.name, message.from_number, message.from_number, attributes)
