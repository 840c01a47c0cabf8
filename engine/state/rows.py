"""From rows to what the contract speaks in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.outbox import Claim, Frozen, Link, MessageRecord
from engine.state.codec import MessageIds, to_moment, to_optional_moment
from engine.types import MessageState, Person, Purpose, Sender, SenderKind

_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_STATES = {state.value: state for state in MessageState}

RANKS = {Purpose.REPLY: 0, Purpose.TRANSACTIONAL: 1, Purpose.MARKETING: 2}

CLAIM_COLUMNS = """m.seq, m.workspace, m.send, s.template, coalesce(m.release, s.release),
    coalesce(m.purpose, s.purpose), l.name, m.attempt, m.person, p.phone, p.attributes, m.number, s.data, s.event,
    s.reply_from, s.created_at, m.due_at, m.state, m.started_at, m.look_ups, m.first_at, f.number,
    f.country, f.sender, f.body, f.media, f.encoding, f.segments, m.via, s.local_at"""
CLAIM_JOINS = """JOIN sends s ON s.id = m.send JOIN lanes l ON l.id = m.lane
    LEFT JOIN people p ON p.workspace = m.workspace AND p.id = m.person LEFT JOIN frozen f ON f.message = m.seq"""

RECORD_COLUMNS = """m.seq, m.workspace, s.template, m.person, coalesce(f.number, m.number), f.sender, m.state, m.reason,
    f.body, f.media, f.segments, f.encoding, m.provider_id, m.attempt, coalesce(m.release, s.release),
    s.created_at, m.updated_at, m.due_at, l.name, m.via"""
RECORD_JOINS = """JOIN sends s ON s.id = m.send JOIN lanes l ON l.id = m.lane
    LEFT JOIN frozen f ON f.message = m.seq"""


class Reader:
    """Reads rows of one answer; what rows share (a send's data, a sender) is parsed once."""

    def __init__(self, ids: MessageIds) -> None:
        self._ids = ids
        self._json: dict[str, Any] = {}
        self._senders: dict[str, Sender] = {}
        self._moments: dict[int, datetime] = {}

    def claim(self, row: Sequence[Any], links: Sequence[Link] = ()) -> Claim:
        """Gives a message from its CLAIM_COLUMNS."""
        (seq, workspace, send, template, release, purpose, lane, attempt) = row[:8]
        (person_id, phone, attributes, number, data, event, reply_from) = row[8:15]
        (created_at, due_at, state, started_at, look_ups, first_at) = row[15:21]
        (to, country, sender, body, media, encoding, segments, via, local_at) = row[21:]
        person = None
        if attributes is not None:
            person = Person(workspace, person_id, phone, json.loads(attributes))
        frozen = None
        if body is not None:
            frozen = Frozen(
                to, country, self._sender(sender), body, tuple(self._shared(media)), encoding, segments, tuple(links)
            )
        return Claim(
            id=self._ids.encode(seq),
            workspace=workspace,
            send=send,
            template=template,
            release=release,
            purpose=_PURPOSES[purpose],
            lane=lane,
            attempt=attempt,
            person=person,
            number=number,
            data=self._shared(data),
            event=self._shared(event),
            reply_from=reply_from,
            frozen=frozen,
            created_at=self._moment(created_at),
            due_at=self._moment(due_at),
            state=_STATES[state],
            attempt_started_at=to_optional_moment(started_at),
            look_ups=look_ups,
            via=via or "",
            let_go_at=to_optional_moment(first_at),
            local_at=local_at,
        )

    def record(self, row: Sequence[Any]) -> MessageRecord:
        """Gives a message from its RECORD_COLUMNS."""
        (seq, workspace, template, person, to, sender, state, reason, body, media, segments, encoding) = row[:12]
        (provider_id, attempts, release, created_at, updated_at, due_at, lane, via) = row[12:]
        return MessageRecord(
            id=self._ids.encode(seq),
            workspace=workspace,
            template=template,
            person=person,
            to=to,
            sender=self._sender(sender).value if sender is not None else None,
            state=_STATES[state],
            reason=reason,
            body=body,
            media=tuple(self._shared(media)) if media is not None else (),
            segments=segments,
            encoding=encoding,
            provider_id=provider_id,
            attempts=attempts,
            release=release,
            created_at=self._moment(created_at),
            updated_at=self._moment(created_at if updated_at is None else updated_at),
            due_at=self._moment(due_at),
            lane=lane,
            via=via or "",
        )

    def _moment(self, micros: int) -> datetime:
        if micros not in self._moments:
            self._moments[micros] = to_moment(micros)
        return self._moments[micros]

    def _shared(self, text: str) -> Any:
        if text not in self._json:
            self._json[text] = json.loads(text)
        return self._json[text]

    def _sender(self, text: str) -> Sender:
        if text not in self._senders:
            name, kind, value, mms = json.loads(text)
            self._senders[text] = Sender(name, SenderKind(kind), value, mms)
        return self._senders[text]


def person(row: Sequence[Any]) -> Person:
    """Gives a person from workspace, id, phone and attributes."""
    workspace, person_id, phone, attributes = row
    return Person(workspace, person_id, phone, json.loads(attributes))
