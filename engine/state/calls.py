"""What calls of providers need: many of them in one transaction, and one message by what is known of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from engine.outbox import Claim, MessageRecord
from engine.state.codec import to_micros, to_moment
from engine.state.outbox_claim import Claiming
from engine.state.rows import RECORD_COLUMNS, RECORD_JOINS


class Calling(Claiming):
    """The part of the store that serves calls of providers."""

    def together(self) -> AbstractContextManager[object]:
        """Makes one transaction of all that this thread asks of the store within, or a part of one that can fail by
        itself."""
        return self._file.write()

    def message_at_provider(self, provider_id: str) -> MessageRecord | None:
        """Gives the message that a provider knows under an id, None where there is none."""
        row = self._file.row(
            f"SELECT {RECORD_COLUMNS} FROM messages m {RECORD_JOINS} WHERE m.provider_id = ?", (provider_id,)
        )
        return None if row is None else self._reader().record(row)

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
