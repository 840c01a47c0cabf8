"""What a text is answered with."""

from __future__ import annotations

from datetime import datetime

from engine.compose.builtin import CONFIRM, CONFIRMED, HELP, RESUMED, STOPPED
from engine.inbound.consent import Agreed, Known
from engine.inbound.keywords import Routed
from engine.inbound.line import Line
from engine.outbox import Send
from engine.types import ConsentState, InboundMessage, Json, Purpose

_BUILT_IN = {"STOP": STOPPED, "START": RESUMED, "HELP": HELP}


def reply_to(
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
