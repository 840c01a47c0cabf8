"""The commit just before the wire: claimed becomes sending, checked and frozen in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.outbox import Committed, Prepared
from engine.record import record
from engine.state.caps import Caps, Over
from engine.state.codec import dumps, to_micros
from engine.state.consent import effective, present
from engine.state.reviews import under_review
from engine.state.room import HistoryRow, Room, insert, some, write_history
from engine.state.stops import paused_now, why_paused
from engine.state.suppressions import unreachable
from engine.state.topics import topics_now
from engine.stops import WHENEVER, Pause, scopes_of
from engine.types import ConsentNeed, ConsentState, Json, MessageState, Sender


@record
class _Row:
    seq: int
    workspace: str
    family: int
    attempt: int
    changes: int
    to: str  # as frozen before, else as prepared


class Committing(Room):
    """The part of the store that lets messages go out."""

    def commit(
        self, prepared: Sequence[Prepared], *, now: datetime, lease: timedelta, durable: bool = True
    ) -> Sequence[Committed]:
        """claimed → sending, in one transaction with its checks. What fails one is suppressed with the reason
        (`consent.…`, `topic.…`, `suppressed.…`, `duplicate.number`; `link.taken` where a link is
        another's; `duplicate.text`, `limits.too-dear`); what is paused, over a cap or too late goes back to wait."""
        at = to_micros(now)
        results: list[Committed] = []
        sent: list[tuple[Prepared, _Row]] = []
        suppressed: list[tuple[Prepared, _Row, str, Over | None]] = []
        paused: list[tuple[Prepared, _Row, Pause]] = []
        capped: list[tuple[Prepared, _Row, Over]] = []
        late: list[tuple[Prepared, _Row]] = []
        with self._file.write(durable=durable) as conn:
            rows = self._fenced(conn, prepared)
            checks = _Checks(conn, [(p, row) for p, row in zip(prepared, rows, strict=True) if row is not None])
            caps = Caps(
                conn, [(row.workspace, p) for p, row in zip(prepared, rows, strict=True) if row is not None], at
            )
            for item, row in zip(prepared, rows, strict=True):
                if row is None:
                    results.append(Committed(item.id, None))
                    continue
                pause = checks.pause(item, row)
                if pause is not None:
                    paused.append((item, row, pause))
                    results.append(Committed(item.id, _waiting(row), why_paused(pause)))
                    continue
                if item.not_after is not None and now >= item.not_after:
                    late.append((item, row))
                    results.append(Committed(item.id, _waiting(row), item.late))
                    continue
                reason = checks.reason(item, row)
                over = caps.over(row.workspace, item) if reason is None else None
                if over is not None and over.until is not None:
                    capped.append((item, row, over))
                    results.append(Committed(item.id, MessageState.QUEUED, over.reason))
                    continue
                reason = over.reason if over is not None else reason
                if reason is None:
                    sent.append((item, row))
                    results.append(Committed(item.id, MessageState.SENDING))
                else:
                    suppressed.append((item, row, reason, over))
                    results.append(Committed(item.id, MessageState.SUPPRESSED, reason))
            _freeze(conn, [*sent, *((item, row) for item, row, _, _ in suppressed)])
            _send(conn, sent, at, to_micros(now + lease))
            _suppress(conn, suppressed, at)
            _postpone(conn, paused, at)
            _put_off(conn, capped, at)
            _give_back(conn, late, at)
            caps.write()
        return results

    def _fenced(self, conn: sqlite3.Connection, prepared: Sequence[Prepared]) -> list[_Row | None]:
        """Gives the row of each whose fence holds; the second of one message in a batch finds it taken."""
        seqs = self._seqs(item.id for item in prepared)
        found = conn.execute(
            """SELECT m.seq, m.workspace, m.family, m.attempt, m.changes, m.state, m.owner, f.number
            FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value LEFT JOIN frozen f ON f.message = m.seq""",
            (some(seq for seq in seqs if seq is not None),),
        )
        by_seq = {row[0]: row for row in found}
        rows: list[_Row | None] = []
        for item, seq in zip(prepared, seqs, strict=True):
            row = by_seq.pop(seq, None)
            if row is None or row[5] != MessageState.CLAIMED or row[6] != item.owner or row[3] != item.attempt:
                rows.append(None)
            else:
                rows.append(_Row(row[0], row[1], row[2], row[3], row[4], row[7] or item.frozen.to))
        return rows


class _Checks:
    """What must hold at this very moment; each question is asked once for the whole batch."""

    def __init__(self, conn: sqlite3.Connection, items: Sequence[tuple[Prepared, _Row]]) -> None:
        self._pauses = paused_now(conn)
        self._templates: dict[int, str] = {}
        if self._pauses:
            self._templates.update(
                conn.execute(
                    """SELECT m.seq, s.template FROM json_each(?) j CROSS JOIN messages m ON m.seq = j.value
                    JOIN sends s ON s.id = m.send""",
                    (some(row.seq for _, row in items),),
                )
            )
        self._unreachable = unreachable(
            conn, {(row.workspace, row.to) for item, row in items if item.need is not ConsentNeed.NOTHING}
        )
        self._consent = present(
            conn, {(row.workspace, row.to) for item, row in items if item.need is not ConsentNeed.NOTHING}
        )
        self._reviewed = under_review(conn, {(row.workspace, row.to) for item, row in items if item.marketing})
        self._topics = topics_now(conn, {(row.workspace, row.to, item.topic) for item, row in items if item.topic})
        self._went: dict[tuple[int, str], int] = {
            (family, number): message
            for message, family, number in conn.execute(
                """SELECT f.message, f.family, f.number
                FROM json_each(?) j CROSS JOIN frozen f ON f.workspace = j.value ->> 0 AND f.number = j.value ->> 1
                    AND f.family = j.value ->> 2
                JOIN messages m ON m.seq = f.message WHERE m.went > 0""",
                (some((row.workspace, row.to, row.family) for _, row in items),),
            )
        }
        shorts = [link.short for item, _ in items for link in item.frozen.links]
        self._links: dict[str, int] = {}
        if shorts:
            self._links.update(
                conn.execute(
                    "SELECT short, message FROM links WHERE short IN (SELECT value FROM json_each(?))", (some(shorts),)
                )
            )

    def pause(self, item: Prepared, row: _Row) -> Pause | None:
        """Gives the pause that a message is under, the widest of them."""
        if not self._pauses:
            return None
        scopes = scopes_of(row.workspace, self._templates[row.seq], item.frozen.sender.name)
        return next((self._pauses[scope] for scope in scopes if scope in self._pauses), None)

    def reason(self, item: Prepared, row: _Row) -> str | None:
        """Gives why a message must not go out, None where it may; then its number and links are taken."""
        if item.need is not ConsentNeed.NOTHING:
            state = effective(self._consent.get((row.workspace, row.to), ()), item.consent_sender)
            if state is ConsentState.STOPPED:
                return "consent.stopped"
            if item.marketing and (row.workspace, row.to) in self._reviewed:
                return "consent.held-for-review"
            if item.need is ConsentNeed.SUBSCRIBED and state is not ConsentState.SUBSCRIBED:
                return "consent.not-subscribed"
            topic = self._topics.get((row.workspace, row.to, item.topic))
            if item.topic and topic is not ConsentState.SUBSCRIBED:
                return "topic.not-confirmed" if topic is ConsentState.PENDING else "topic.not-subscribed"
            if (row.workspace, row.to) in self._unreachable:
                return f"suppressed.provider:{self._unreachable[row.workspace, row.to]}"
        if self._went.get((row.family, row.to), row.seq) != row.seq:
            return "duplicate.number"
        if any(self._links.get(link.short, row.seq) != row.seq for link in item.frozen.links):
            return "link.taken"
        self._went[row.family, row.to] = row.seq
        self._links.update((link.short, row.seq) for link in item.frozen.links)
        return None


def _freeze(conn: sqlite3.Connection, items: Iterable[tuple[Prepared, _Row]]) -> None:
    """Keeps what goes over the wire; a message that was frozen before stays as it was."""
    senders: dict[Sender, str] = {}
    rows = []
    for item, row in items:
        frozen = item.frozen
        sender = frozen.sender
        if sender not in senders:
            senders[sender] = dumps([sender.name, sender.kind.value, sender.value, sender.mms])
        rows.append(
            (
                row.seq,
                row.workspace,
                row.family,
                frozen.to,
                frozen.country,
                senders[sender],
                frozen.body,
                dumps(frozen.media) if frozen.media else "[]",
                str(frozen.encoding),
                frozen.segments,
            )
        )
    insert(conn, "frozen", rows, then="ON CONFLICT (message) DO NOTHING")


def _send(conn: sqlite3.Connection, sent: Sequence[tuple[Prepared, _Row]], at: int, lease_until: int) -> None:
    # What is the same for many is written in one statement: each statement lets go of Python's interpreter lock, for
    # which the thread must then queue again.
    details: dict[int, str | None] = {}  # by the trail, which messages share

    def detail_of(item: Prepared, row: _Row) -> str | None:
        if item.caps:
            return _detail(item, _of_caps(item, row))
        if id(item.trail) not in details:
            details[id(item.trail)] = _detail(item)
        return details[id(item.trail)]

    alike: dict[tuple[str, str | None], list[int]] = {}
    for item, row in sent:
        alike.setdefault((item.via, detail_of(item, row)), []).append(row.seq)
    for (via, detail), seqs in alike.items():
        values = {"seqs": some(seqs), "at": at, "until": lease_until, "via": via, "detail": detail}
        # A look-up must reach back to the first attempt that may have left something behind, so its start stays.
        conn.execute(
            """UPDATE messages SET state = 'sending', attempt = attempt + 1, went = went + 1, changes = changes + 1,
                look_ups = 0, updated_at = :at, lease_until = :until, started_at = coalesce(started_at, :at),
                first_at = coalesce(first_at, :at), reason = NULL, error_code = NULL, via = :via
            WHERE seq IN (SELECT value FROM json_each(:seqs))""",
            values,
        )
        conn.execute(
            """INSERT INTO history SELECT m.seq, m.changes, :at, 'claimed', 'sending', m.attempt, NULL, :detail
            FROM json_each(:seqs) j CROSS JOIN messages m ON m.seq = j.value""",
            values,
        )
    links = [
        (link.short, row.seq, link.position, link.url, None if link.expires_at is None else to_micros(link.expires_at))
        for item, row in sent
        if not row.attempt
        for link in item.frozen.links
    ]
    insert(conn, "links", links, then="ON CONFLICT (short) DO NOTHING")


def _suppress(conn: sqlite3.Connection, suppressed: Sequence[tuple[Prepared, _Row, str, Over | None]], at: int) -> None:
    if not suppressed:
        return
    conn.executemany(
        """UPDATE messages SET state = 'suppressed', reason = ?, changes = changes + 1, updated_at = ?, owner = NULL,
            lease_until = NULL WHERE seq = ?""",
        [(reason, at, row.seq) for _, row, reason, _ in suppressed],
    )
    entries = [
        _entry(
            _told(item, why),
            row,
            at,
            MessageState.SUPPRESSED,
            row.attempt,
            why,
            _of_caps(item, row, over) if over else (),
        )
        for item, row, why, over in suppressed
    ]
    write_history(conn, entries)


def _told(item: Prepared, why: str) -> Prepared:
    """Gives what was prepared with the verdict that consent has had since."""
    asked = why.partition(".")[0]
    if asked not in ("consent", "topic"):
        return item
    trail = [{**gate, "verdict": "suppress", "reason": why} if gate["gate"] == asked else gate for gate in item.trail]
    return replace(item, trail=trail)


def _postpone(conn: sqlite3.Connection, paused: Sequence[tuple[Prepared, _Row, Pause]], at: int) -> None:
    if not paused:
        return
    conn.executemany(
        """UPDATE messages SET state = ?, reason = ?, due_at = ?, waits_for = ?, changes = changes + 1, updated_at = ?,
            owner = NULL, lease_until = NULL WHERE seq = ?""",
        [(_waiting(row), why_paused(pause), to_micros(WHENEVER), pause.scope, at, row.seq) for _, row, pause in paused],
    )
    entries = [_entry(item, row, at, _waiting(row), row.attempt, why_paused(pause)) for item, row, pause in paused]
    write_history(conn, entries)


def _put_off(conn: sqlite3.Connection, capped: Sequence[tuple[Prepared, _Row, Over]], at: int) -> None:
    if not capped:
        return
    conn.executemany(
        """UPDATE messages SET state = 'queued', reason = ?, due_at = ?, changes = changes + 1, updated_at = ?,
            owner = NULL, lease_until = NULL WHERE seq = ?""",
        [(over.reason, to_micros(over.until or WHENEVER), at, row.seq) for _, row, over in capped],
    )
    entries = [
        _entry(item, row, at, MessageState.QUEUED, row.attempt, over.reason, _of_caps(item, row, over))
        for item, row, over in capped
    ]
    write_history(conn, entries)


def _give_back(conn: sqlite3.Connection, late: Sequence[tuple[Prepared, _Row]], at: int) -> None:
    if not late:
        return
    conn.executemany(
        """UPDATE messages SET state = ?, reason = ?, changes = changes + 1, updated_at = ?, owner = NULL,
            lease_until = NULL WHERE seq = ?""",
        [(_waiting(row), item.late, at, row.seq) for item, row in late],
    )
    write_history(conn, [_entry(item, row, at, _waiting(row), row.attempt, item.late) for item, row in late])


def _waiting(row: _Row) -> MessageState:
    return MessageState.RETRY_WAIT if row.attempt else MessageState.QUEUED


def _entry(
    item: Prepared,
    row: _Row,
    at: int,
    state: MessageState,
    attempt: int,
    reason: str | None,
    caps: Iterable[Mapping[str, Json]] = (),
) -> HistoryRow:
    was = MessageState.CLAIMED.value
    return (
        row.seq,
        row.changes + 1,
        at,
        was,
        state.value,
        attempt,
        reason,
        _detail(item, caps),
    )


def _detail(item: Prepared, caps: Iterable[Mapping[str, Json]] = ()) -> str | None:
    trail = [*item.trail, *caps]
    return dumps({"trail": trail}) if trail else None


def _of_caps(item: Prepared, row: _Row, over: Over | None = None) -> Iterator[dict[str, Json]]:
    """Gives what `explain` shows of the caps that a message came to; a retry comes to none."""
    for cap in () if row.attempt else item.caps:
        if over is not None and over.cap is cap:
            verdict = "suppress" if over.until is None else "later"
            yield {"gate": cap.kind.value, "verdict": verdict, "rule": cap.rule, "reason": over.reason}
            return
        yield {"gate": cap.kind.value, "verdict": "pass", "rule": cap.rule}
