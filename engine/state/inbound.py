"""Texts that people sent: each recorded once, with all its effects in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.outbox import Queued, Send
from engine.state.codec import dumps, to_micros
from engine.state.consent import write_consent
from engine.state.outbox_queue import Queueing
from engine.state.people import write_people
from engine.types import Consent, InboundMessage, Json, Person


class Inbound(Queueing):
    """The part of the store that takes texts in."""

    def record_inbound(
        self,
        workspace: str,
        message: InboundMessage,
        *,
        at: datetime,
        outcome: Mapping[str, Json],
        consent: Sequence[Consent] = (),
        reply: Send | None = None,
        person: Person | None = None,
    ) -> Queued | None:
        """Records an inbound text once, with all its effects in the same transaction. The reply goes to the number that
        texted, and is for `person` where one is given.

        Returns what was queued in reply; None where this provider id was recorded before.
        """
        with self._file.write() as conn:
            inserted = conn.execute(
                """INSERT INTO inbound (workspace, provider_id, number, sender, body, media, at, outcome)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, provider_id) DO NOTHING""",
                (
                    workspace,
                    message.provider_id,
                    message.from_number,
                    message.to,
                    message.body,
                    dumps(list(message.media)) if message.media else "[]",
                    to_micros(at),
                    dumps(dict(outcome)),
                ),
            )
            if not inserted.rowcount:
                return None
            write_consent(conn, consent)
            if person is not None:
                write_people(conn, [person], at=at)
            if reply is None:
                return Queued(0, 0, ())
            whose = person.id if person is not None else None
            seq: int | None
            if reply.key is None:
                new = self._queue_one(conn, reply, number=message.from_number, person=whose)
                seq, queued = new, Queued(1, 0, (self._ids.encode(new),))
            else:
                queued = self._queue(conn, reply, persons=[], numbers=[message.from_number], everyone=False)
                seq = self._ids.decode(queued.ids[0]) if queued.queued else None
                conn.execute("UPDATE messages SET person = coalesce(?, person) WHERE seq = ?", (whose, seq))
            conn.execute("UPDATE inbound SET reply = ? WHERE seq = ?", (seq, inserted.lastrowid))
            return queued
