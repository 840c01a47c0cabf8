"""What calls of providers need: many of them in one transaction, and one message by what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from engine.outbox import Claim, MessageRecord
from engine.state.codec import to_micros, to_moment
from engine.state.outbox_claim import Claiming
from engine.state.room import some
from engine.state.rows import RECORD_COLUMNS, RECORD_JOINS


class Calling(Claiming):
    """The part of the store that serves calls of providers."""

    def together(self) -> AbstractContextManager[object]:
        """Makes one transaction of all that this thread asks of the store within, or a part of one that can fail by
        itself."""
        return self._file.write()

    def called_about(self, calls: Sequence[tuple[str | None, str]]) -> Sequence[MessageRecord | None]:
        """Gives the message that each call (our id where it has one, the provider's id) is about."""
        seqs = [self._ids.decode(own) if own is not None else None for own, _ in calls]
        by_seq = {row[0]: row for row in self._records("m.seq", [seq for seq in seqs if seq is not None])}
        others = [theirs for seq, (_, theirs) in zip(seqs, calls, strict=True) if seq not in by_seq]
        by_theirs = {row[12]: row for row in self._records("m.provider_id", others)}
        reader = self._reader()
        rows = [by_seq.get(seq or 0) or by_theirs.get(theirs) for seq, (_, theirs) in zip(seqs, calls, strict=True)]
        return [None if row is None else reader.record(row) for row in rows]

    def _records(self, column: str, values: Sequence[int | str]) -> Sequence[Any]:
        if not values:
            return ()
        return self._file.rows(
            f"""SELECT {RECORD_COLUMNS} FROM (SELECT DISTINCT value FROM json_each(?)) j
            CROSS JOIN messages m ON {column} = j.value {RECORD_JOINS}""",
            (some(values),),
        )

    def take(self, message_id: str, *, owner: str, now: datetime, lease: timedelta) -> Claim | None:
        """Claims one message that is queued and due; None where it is not, or not any more."""
        seq = self._ids.decode(message_id)
        with self._file.write() as conn:
            taken = conn.execute(
                """UPDATE messages SET state = 'claimed', owner = ?, lease_until = ?
                WHERE seq = ? AND state = 'queued' AND due_at <= ?""",
                (owner, to_micros(now + lease), seq, to_micros(now)),
            ).rowcount
            return self._claims(conn, [seq])[0] if taken and seq is not None else None

    def reply_to(self, workspace: str, provider_id: str) -> str | None:
        """Gives the message that was queued in reply to an inbound text, None where none was."""
        row = self._file.row(
            "SELECT reply FROM inbound WHERE workspace = ? AND provider_id = ?", (workspace, provider_id)
        )
        return self._ids.encode(row[0]) if row is not None and row[0] is not None else None

    def inbound_until(self, workspace: str) -> datetime | None:
        """Gives until when the provider was asked for texts that a workspace has received."""
        row = self._file.row("SELECT until FROM polls WHERE workspace = ?", (workspace,))
        return None if row is None else to_moment(row[0])

    def set_inbound_until(self, workspace: str, until: datetime) -> None:
        """Keeps until when the provider was asked; never earlier than before."""
        with self._file.write() as conn:
            conn.execute(
                "INSERT INTO polls VALUES (?1, ?2) ON CONFLICT DO UPDATE SET until = max(until, ?2)",
                (workspace, to_micros(until)),
            )
