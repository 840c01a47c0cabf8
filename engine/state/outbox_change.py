"""Fenced changes of messages, and the sweep of leases that ran out."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from engine.outbox import Change
from engine.state.codec import dumps, to_micros
from engine.state.outbox_queue import lane_id
from engine.state.room import HistoryRow, Room, some, update, write_history
from engine.state.stops import count_codes, in_force
from engine.types import MessageState

LEASE_EXPIRED = "lease.expired"

_ALWAYS = (
    "state",
    "reason",
    "error_code",
    "look_ups",
    "went",
    "started_at",
    "changes",
    "updated_at",
    "owner",
    "lease_until",
)
_WHEN_MOVED = ("due_at", "lane", "waits_for")
_WHEN_NAMED = ("provider_id",)


@dataclass(slots=True)
class _Message:
    """A message as it stands while a batch of changes goes over it."""

    seq: int
    workspace: str
    state: str
    reason: str | None
    error_code: str | None
    due_at: int
    lane: int
    provider_id: str | None
    look_ups: int
    went: int
    started_at: int | None
    changes: int
    attempt: int
    owner: str | None
    lease_until: int | None
    updated_at: int | None
    waits_for: str | None
    moved: bool = False  # due_at or lane changed
    named: bool = False  # provider_id changed


class Changing(Room):
    """The part of the store that records what became of messages."""

    def change(self, changes: Sequence[Change], *, durable: bool = True) -> Sequence[bool]:
        """Makes each change whose fence holds; True where made. A provider id that another message has is refused.

        Where the state changes, its reason and error code are the change's own, and a doubt that begins counts its
        look-ups from 0; where it stays, what a change does not give stays too. With `not_sent` the attempt no longer
        counts as one that may have gone out: look-ups need not reach back to it.
        """
        if not changes:
            return []
        made = []
        history: list[HistoryRow] = []
        with self._file.write(durable=durable) as conn:
            seqs = self._seqs(change.id for change in changes)
            messages = _messages(conn, seqs)
            holders = _holders(conn, changes, messages, seqs)
            waited_for = {change.waits_for for change in changes if change.waits_for is not None}
            waits = in_force(conn, waited_for) if waited_for else set()
            lanes: dict[str, int] = {}
            met: list[tuple[str, str, str, int]] = []
            touched: dict[int, _Message] = {}
            for change, seq in zip(changes, seqs, strict=True):
                message = messages.get(seq or 0)
                if message is None or not _may(change, message, holders):
                    made.append(False)
                    continue
                if change.lane is not None and change.lane not in lanes:
                    lanes[change.lane] = lane_id(conn, change.lane)
                if change.provider_id is not None:
                    holders[change.provider_id] = message.seq
                history.append(_apply(change, message, lanes, waits))
                if change.error_code is not None:
                    met.append((message.workspace, change.error_code, change.error_kind, to_micros(change.at)))
                touched[message.seq] = message
                made.append(True)
            _update(conn, touched.values())
            write_history(conn, history)
            if met:
                count_codes(conn, met)
        return made

    def sweep(self, *, now: datetime, first_look: timedelta) -> Mapping[str, int]:
        """Ends leases that ran out: claimed → queued, or retry_wait after an attempt; sending → in_doubt."""
        at = to_micros(now)
        expired = "FROM messages INDEXED BY messages_leased WHERE state IN ('claimed', 'sending') AND lease_until <= ?"
        if self._file.row(f"SELECT 1 {expired} LIMIT 1", (at,)) is None:
            return {}
        counts: dict[str, int] = {}
        with self._file.write() as conn:
            rows = conn.execute(f"SELECT seq, state, attempt, changes {expired}", (at,)).fetchall()
            updates, history = [], []
            for seq, was, attempt, changes in rows:
                if was == MessageState.SENDING:
                    state, due_at = MessageState.IN_DOUBT, to_micros(now + first_look)
                else:
                    state, due_at = MessageState.RETRY_WAIT if attempt else MessageState.QUEUED, None
                updates.append((state.value, LEASE_EXPIRED, due_at, at, seq))
                history.append((seq, changes + 1, at, was, state.value, attempt, LEASE_EXPIRED, None))
                counts[state.value] = counts.get(state.value, 0) + 1
            conn.executemany(
                """UPDATE messages SET state = ?, reason = ?, due_at = coalesce(?, due_at), updated_at = ?,
                    owner = NULL, lease_until = NULL, look_ups = 0, changes = changes + 1 WHERE seq = ?""",
                updates,
            )
            write_history(conn, history)
        return counts


def _update(conn: sqlite3.Connection, messages: Iterable[_Message]) -> None:
    """Writes messages back. Columns that did not change are left out: naming one costs its indexes an update."""
    groups: dict[tuple[str, ...], list[_Message]] = {}
    for message in messages:
        columns = _ALWAYS + (_WHEN_MOVED if message.moved else ()) + (_WHEN_NAMED if message.named else ())
        groups.setdefault(columns, []).append(message)
    for columns, group in groups.items():
        keyed = ("seq", *columns)
        update(conn, "messages", keyed, list(map(attrgetter(*keyed), group)))


def _messages(conn: sqlite3.Connection, seqs: Sequence[int | None]) -> dict[int, _Message]:
    rows = conn.execute(
        """SELECT m.seq, m.workspace, m.state, m.reason, m.error_code, m.due_at, m.lane, m.provider_id, m.look_ups,
            m.went, m.started_at, m.changes, m.attempt, m.owner, m.lease_until, m.updated_at, m.waits_for
        FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value""",
        (some({seq for seq in seqs if seq is not None}),),
    )
    return {row[0]: _Message(*row) for row in rows}


def _holders(
    conn: sqlite3.Connection, changes: Sequence[Change], messages: Mapping[int, _Message], seqs: Sequence[int | None]
) -> dict[str, int]:
    """Gives which message has each provider id that the changes bring."""
    wanted = [
        change.provider_id
        for change, seq in zip(changes, seqs, strict=True)
        if change.provider_id is not None and seq is not None and seq in messages
    ]
    if not wanted:
        return {}
    rows = conn.execute(
        "SELECT m.provider_id, m.seq FROM json_each(?) j CROSS JOIN messages m ON m.provider_id = j.value",
        (some(wanted),),
    )
    return dict(rows.fetchall())


def _may(change: Change, message: _Message, holders: Mapping[str, int]) -> bool:
    if message.state not in change.was:
        return False
    if change.attempt is not None and change.attempt != message.attempt:
        return False
    if change.owner is not None and change.owner != message.owner:
        return False
    provider_id = change.provider_id
    return provider_id is None or holders.get(provider_id, message.seq) == message.seq


def _apply(change: Change, message: _Message, lanes: Mapping[str, int], waits: Collection[str]) -> HistoryRow:
    was, at = message.state, to_micros(change.at)
    moves = was != change.state.value
    message.state = change.state.value
    message.reason = change.reason if moves or change.reason is not None else message.reason
    message.error_code = change.error_code if moves or change.error_code is not None else message.error_code
    if change.due_at is not None:
        # What is waited for may have ended since whoever asks for the change looked.
        over = change.waits_for is not None and change.waits_for not in waits
        message.due_at, message.moved = to_micros(min(change.due_at, change.at) if over else change.due_at), True
        message.waits_for = None if over else change.waits_for
    if change.lane is not None:
        message.lane, message.moved = lanes[change.lane], True
    if change.provider_id is not None:
        message.provider_id, message.named = change.provider_id, True
    if change.look_ups is not None:
        message.look_ups = change.look_ups
    elif moves and change.state is MessageState.IN_DOUBT:
        message.look_ups = 0
    if change.state is MessageState.ACCEPTED:
        # Whatever was thought of the attempt: the provider has it.
        message.went = max(message.went, 1)
    if change.not_sent and message.went:
        message.went -= 1
        if not message.went:
            message.started_at = None
    if change.state not in (MessageState.CLAIMED, MessageState.SENDING):
        message.owner = message.lease_until = None
    message.changes += 1
    message.updated_at = at
    return (message.seq, message.changes, at, was, message.state, message.attempt, change.reason, _detail(change))


def _detail(change: Change) -> str | None:
    detail = dict(change.detail)
    if change.error_code is not None:
        detail.setdefault("error_code", change.error_code)
    if change.due_at is not None:
        detail.setdefault("due_at", change.due_at.isoformat())
    if change.not_sent:
        detail.setdefault("not_sent", True)
    return dumps(detail) if detail else None
