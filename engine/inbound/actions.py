"""What a keyword rule does beside its answer: templates that it starts, webhooks that it calls; and when it must not
answer, since somebody else's machine would answer back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from hashlib import blake2b

from engine.config.models import Keyword, Workspace
from engine.inbound.keywords import Routed
from engine.outbox import Send
from engine.types import InboundMessage, Json
from engine.webhooks import Call

LOOP_TEXTS = 30
LOOP_TIME = timedelta(seconds=30)
"""So many texts from one number to one sender in so long are two machines talking, and nothing answers the next. What
Twilio allows, by its error 14107 (https://www.twilio.com/docs/api/errors/14107, as of 2026-11-23). A text too many is
recorded all the same, and what it says holds."""

LOOP = f"inbound.loop: {LOOP_TEXTS} texts from this number within {LOOP_TIME.seconds} seconds"

CALL_TYPE = "text.received"
"""The `type` of what a webhook is told."""


def event_of(message: InboundMessage, keyword: str | None) -> dict[str, Json]:
    """Gives what templates know as `event.*`, and plugins as an event's detail."""
    return {"body": message.body, "from": message.from_number, "to": message.to, "keyword": keyword}


def to_start(
    rule: Keyword, name: str, workspace: Workspace, release: str, *, event: dict[str, Json], now: datetime
) -> Send | None:
    """Gives the send of a rule's `start`. Its template's own purpose and senders hold, and its gates are asked when it
    is due; None where there is no such template."""
    template = workspace.templates.get(rule.start.template) if rule.start is not None else None
    if rule.start is None or template is None:
        return None
    return Send(
        workspace=name,
        template=rule.start.template,
        release=release,
        purpose=template.purpose,
        lane=f"{name}/sender/{template.sender[0]}",
        data={},
        event=event,
        due_at=now + rule.start.after,
        created_at=now,
    )


def to_call(
    rule: Keyword,
    workspace: str,
    message: InboundMessage,
    *,
    sender: str | None,
    routed: Routed,
    person: str | None,
    now: datetime,
) -> Call | None:
    """Gives the call of a rule's `call`; `person` is the id of who texted. The call's own id is made of the text's: a
    text that is delivered twice causes one call."""
    if rule.call is None:
        return None
    data: dict[str, Json] = {
        "workspace": workspace,
        "id": message.provider_id,
        "from": message.from_number,
        "to": message.to,
        "sender": sender,
        "body": message.body,
        "media": list(message.media),
        "rule": routed.rule,
        "keyword": routed.keyword,
        "event": rule.emit,
        "person": person,
    }
    body = {"type": CALL_TYPE, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data}
    known = f"{workspace}\0{message.provider_id}\0{rule.call}".encode()
    return Call(
        id=f"call_{blake2b(known, digest_size=16).hexdigest()}",
        workspace=workspace,
        webhook=rule.call,
        text=message.provider_id,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        at=now,
    )
