"""Looking back at texts that came in, and what they make be sent later on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from engine.outbox import Send
from engine.state.codec import to_moment
from engine.state.outbox_queue import Queueing
from engine.texts import Text

_COLUMNS = "workspace, provider_id, number, sender, body, media, at, outcome, reply, started"


class Recalling(Queueing):
    """The part of the store that looks back at texts."""

    def texts(
        self, *, workspace: str | None = None, number: str | None = None, newest: int | None = None
    ) -> Iterator[Text]:
        """Streams texts that came in, oldest first."""
        which = "(?1 IS NULL OR workspace = ?1) AND (?2 IS NULL OR number = ?2)"
        yield from map(self._text, self._paged(_COLUMNS, "inbound", "seq", which, (workspace, number), newest))

    def start_later(
        self, workspace: str, provider_id: str, send: Send, *, number: str, person: str | None
    ) -> str | None:
        """Queues a message to a number because of a text. None where an earlier one still waits to be sent."""
        key = (workspace, number, send.template)
        with self._file.write() as conn:
            waits = conn.execute(
                """SELECT 1 FROM starts s JOIN messages m ON m.seq = s.message
                WHERE s.workspace = ? AND s.number = ? AND s.template = ?
                AND m.state IN ('queued', 'claimed', 'retry_wait')""",
                key,
            ).fetchone()
            if waits is not None:
                return None
            (message_id,) = self._queue(conn, send, persons=[], numbers=[number], everyone=False).ids
            seq = self._ids.decode(message_id)
            if person is not None:
                conn.execute("UPDATE messages SET person = ? WHERE seq = ?", (person, seq))
            conn.execute(
                "INSERT INTO starts VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET message = ?4", (*key, seq)
            )
            conn.execute(
                "UPDATE inbound SET started = ? WHERE workspace = ? AND provider_id = ?", (seq, workspace, provider_id)
            )
            return message_id

    def _text(self, row: Sequence[Any]) -> Text:
        _, workspace, provider_id, number, to, body, media, at, outcome, reply, started = row
        return Text(
            workspace,
            provider_id,
            number,
            to,
            body,
            tuple(json.loads(media)) if media is not None else (),
            to_moment(at),
            json.loads(outcome),
            None if reply is None else self._ids.encode(reply),
            None if started is None else self._ids.encode(started),
        )
