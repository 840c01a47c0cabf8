"""Takes an inbound text: records it once, with all that it changes, and queues the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.compose.builtin import HELP, RESUMED, STOPPED
from engine.config.models import Keyword, Workspace
from engine.inbound.keywords import Routed, Router
from engine.outbox import Send
from engine.store import Store
from engine.types import Consent, ConsentState, Event, InboundMessage, Json, Person, Purpose

_BUILT_IN = {"STOP": STOPPED, "START": RESUMED, "HELP": HELP}
_STATES = {"STOP": ConsentState.STOPPED, "START": ConsentState.SUBSCRIBED}


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


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a text. `replies` are ids of queued messages; a repeated text does nothing."""

    routed: Routed
    replies: tuple[str, ...] = ()
    consent: ConsentState | None = None  # what the text changed it to
    events: tuple[Event, ...] = ()
    repeated: bool = False


def receive(
    store: Store, line: Line, message: InboundMessage, *, now: datetime, router: Router | None = None
) -> Received:
    """Records a text and its effects in one transaction: consent, changed attributes, one reply.

    A text whose provider id was recorded before changes nothing and is not answered again.
    """
    sender = line.sender_of(message.to)
    scope = (sender or message.to) if line.workspace.consent.scope == "sender" else ""
    before = store.consent(line.name, message.from_number, sender=scope)
    chosen = router or Router(line.workspace.keywords, line.workspace.consent)
    routed = chosen.route(message.body, sender=sender, stopped=before is ConsentState.STOPPED)
    after = _consent_after(line, routed)
    changed = after is not None and after is not before
    reply = _reply(line, message, sender, routed, now, changed=changed)
    rule = line.workspace.keywords[routed.rule] if routed.rule else Keyword()
    outcome: dict[str, Json] = {"rule": routed.name, "keyword": routed.keyword, "because": routed.because}
    consent = []
    if after is not None:
        outcome["consent"] = str(after)
        consent = [Consent(line.name, message.from_number, after, "inbound", now, scope, routed.name or "")]
    if rule.emit:
        outcome["emit"] = rule.emit
    if rule.set:
        outcome["set"] = dict(rule.set)
    person = _person(store, line, message, rule.set)
    queued = store.record_inbound(
        line.name, message, at=now, outcome=outcome, consent=consent, reply=reply, person=person
    )
    if queued is None:
        return Received(routed, repeated=True)
    events = (_event(line, message, rule.emit, routed, now),) if rule.emit else ()
    return Received(routed, queued.ids, after if changed else None, events)


def _consent_after(line: Line, routed: Routed) -> ConsentState | None:
    if routed.meaning is not None:
        return _STATES.get(routed.meaning)
    if routed.rule is not None and line.workspace.keywords[routed.rule].subscribe:
        return ConsentState.SUBSCRIBED
    return None


def _reply(
    line: Line, message: InboundMessage, sender: str | None, routed: Routed, now: datetime, *, changed: bool
) -> Send | None:
    if sender is None:
        # It came to a number that the config does not know, so there is nothing to answer from.
        return None
    event: dict[str, Json] = {
        "body": message.body,
        "from": message.from_number,
        "to": message.to,
        "keyword": routed.keyword,
    }
    if routed.meaning is not None:
        # One confirmation: a second STOP from a number that has stopped is recorded and not answered.
        if not line.engine_answers or (routed.meaning != "HELP" and not changed):
            return None
        standard = getattr(line.workspace.consent, routed.meaning.lower())
        template = standard.reply or _BUILT_IN[routed.meaning]
        event["consent"] = routed.meaning.lower()
    else:
        rule = line.workspace.keywords[routed.rule] if routed.rule else None
        if rule is None or rule.reply is None:
            return None
        template = rule.reply
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


def _person(store: Store, line: Line, message: InboundMessage, changes: Mapping[str, Json]) -> Person | None:
    """Gives who texted, with what the rule sets: those attributes alone, since the store merges them into the rest.

    Of several people with the number, it is the first by id. Somebody unknown becomes a person, named after the number,
    where a rule sets something.
    """
    known = store.people_with_number(line.name, message.from_number)
    if known:
        return replace(known[0], attributes=changes)
    if not changes:
        return None
    attribute = line.workspace.settings.audience.phone_attribute
    return Person(line.name, message.from_number, message.from_number, {attribute: message.from_number, **changes})


def _event(line: Line, message: InboundMessage, name: str, routed: Routed, now: datetime) -> Event:
    detail = {"body": message.body, "from": message.from_number, "to": message.to, "keyword": routed.keyword}
    return Event(name, now, line.name, None, detail)
