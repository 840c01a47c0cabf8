"""Looking at the outbox: lists, history, counts, links, and what a look-up at the provider needs to know."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.outbox import HistoryEntry, Link, MessageRecord
from engine.state.codec import to_micros, to_moment, to_optional_moment
from engine.state.room import Room, some
from engine.state.rows import RECORD_COLUMNS, RECORD_JOINS
from engine.types import MessageState

PAGE = 500


class Looking(Room):
    """The part of the store that changes nothing."""

    def messages(
        self,
        *,
        workspace: str | None = None,
        states: Collection[MessageState] = (),
        newest: int | None = None,
    ) -> Iterator[MessageRecord]:
        """Streams the outbox, oldest first; with `newest`, only the last that many. Read in pages, so that a slow
        reader holds nothing; a message that changes meanwhile is shown as it is when its page is read."""
        after = 0 if newest is None else self._before_newest(workspace, states, newest)
        while True:
            rows = self._page(workspace, states, after, PAGE)
            reader = self._reader()
            yield from (reader.record(row) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def message(self, message_id: str) -> MessageRecord | None:
        """Gives one message, None where there is none of that id."""
        seq = self._ids.decode(message_id)
        row = self._file.row(f"SELECT {RECORD_COLUMNS} FROM messages m {RECORD_JOINS} WHERE m.seq = ?", (seq,))
        return None if row is None else self._reader().record(row)

    def unfinished(
        self,
        *,
        now: datetime,
        older_than: timedelta,
        limit: int,
        after: str = "",
        without: Collection[str] = (),
    ) -> Sequence[MessageRecord]:
        """Gives accepted and sent messages whose last change is older, for the status poller, in order of id; those of
        the workspaces `without` are left out."""
        rows = self._page(
            None,
            (MessageState.ACCEPTED, MessageState.SENT),
            self._ids.decode(after) or 0,
            limit,
            changed_before=to_micros(now - older_than),
            without=without,
        )
        reader = self._reader()
        return [reader.record(row) for row in rows]

    def history(self, message_id: str) -> Sequence[HistoryEntry]:
        """Gives what happened to a message, oldest first, beginning with its queueing. That a worker claimed it is not
        kept: only what came of the claim is."""
        seq = self._ids.decode(message_id)
        queued = self._file.row(
            "SELECT s.created_at FROM messages m JOIN sends s ON s.id = m.send WHERE m.seq = ?", (seq,)
        )
        if queued is None:
            return ()
        rows = self._file.rows(
            "SELECT at, was, state, attempt, reason, detail FROM history WHERE message = ? ORDER BY n", (seq,)
        )
        first = HistoryEntry(to_moment(queued[0]), None, MessageState.QUEUED, 0, None, {})
        return (first, *(_entry(row) for row in rows))

    def count_states(self, *, workspace: str | None = None) -> Mapping[MessageState, int]:
        """Gives how many messages are in each state that any is in."""
        rows = self._file.rows(
            """SELECT state, count(*) FROM messages INDEXED BY messages_state
            WHERE ?1 IS NULL OR workspace = ?1 GROUP BY state""",
            (workspace,),
        )
        return _in_order(rows)

    def count_lanes(self) -> Mapping[str, Mapping[MessageState, int]]:
        """Gives how many messages each lane that ever had any has, by state."""
        rows = self._file.rows(
            """SELECT l.name, c.state, c.n FROM (
                SELECT lane, state, count(*) AS n FROM messages INDEXED BY messages_state GROUP BY state, lane) c
            JOIN lanes l ON l.id = c.lane ORDER BY l.name"""
        )
        found: dict[str, list[tuple[str, int]]] = {}
        for name, state, count in rows:
            found.setdefault(name, []).append((state, count))
        return {name: _in_order(counts) for name, counts in found.items()}

    def link(self, short: str) -> tuple[str, Link] | None:
        """Gives (message id, link) of a short address."""
        row = self._file.row("SELECT message, url, position, expires_at FROM links WHERE short = ?", (short,))
        if row is None:
            return None
        message, url, position, expires_at = row
        return self._ids.encode(message), Link(short, url, position, to_optional_moment(expires_at))

    def links(self, message_id: str) -> Sequence[Link]:
        """Gives the short links of a message, in the order of its text."""
        rows = self._file.rows(
            "SELECT short, url, position, expires_at FROM links WHERE message = ? ORDER BY position",
            (self._ids.decode(message_id),),
        )
        return tuple(Link(short, url, position, to_optional_moment(at)) for short, url, position, at in rows)

    def taken(self, number: str, *, except_for: str) -> set[str]:
        """Gives the provider ids that other messages to a number already have, in every workspace."""
        rows = self._file.rows(
            """SELECT m.provider_id FROM frozen f JOIN messages m ON m.seq = f.message
            WHERE f.number = ? AND m.provider_id IS NOT NULL AND m.seq IS NOT ?""",
            (number, self._ids.decode(except_for)),
        )
        return {provider_id for (provider_id,) in rows}

    def must_wait(self, number: str, body: str, *, except_for: str) -> bool:
        """True while another message to the number is on the wire, or an older one with the same words in doubt."""
        row = self._file.row(
            """SELECT 1 FROM frozen f JOIN messages m ON m.seq = f.message WHERE f.number = ?1 AND m.seq IS NOT ?3
            AND (m.state = 'sending' OR m.state = 'in_doubt' AND f.body = ?2 AND m.seq < ?3) LIMIT 1""",
            (number, body, self._ids.decode(except_for)),
        )
        return row is not None

    def _before_newest(self, workspace: str | None, states: Collection[MessageState], newest: int) -> int:
        """Gives the row after which the newest that many begin."""
        if newest <= 0:
            return 1 << 62
        arms, values = _arms("m.seq > 0", states, workspace=workspace)
        row = self._file.row(
            f"SELECT min(seq) FROM (SELECT seq FROM ({arms} ORDER BY 1 DESC LIMIT :most))", {**values, "most": newest}
        )
        return int(row[0]) - 1 if row[0] is not None else 0

    def _page(
        self,
        workspace: str | None,
        states: Collection[MessageState],
        after: int,
        limit: int,
        *,
        changed_before: int | None = None,
        without: Collection[str] = (),
    ) -> list[Any]:
        arms, values = _arms(
            "m.seq > :after", states, workspace=workspace, changed_before=changed_before, without=without
        )
        return self._file.rows(
            f"""SELECT {RECORD_COLUMNS} FROM (SELECT seq AS page_seq FROM ({arms} ORDER BY 1 LIMIT :most)) page
            CROSS JOIN messages m ON m.seq = page.page_seq {RECORD_JOINS} ORDER BY m.seq""",
            {**values, "after": after, "most": limit},
        )


def _arms(
    place: str,
    states: Collection[MessageState],
    *,
    workspace: str | None,
    changed_before: int | None = None,
    without: Collection[str] = (),
) -> tuple[str, dict[str, Any]]:
    """Gives a query for row numbers: one arm for each state, since SQLite merges arms that each come in order but
    would sort what `state IN (…)` finds."""
    where = [place]
    if workspace is not None:
        where.append("m.workspace = :workspace")
    if changed_before is not None:
        where.append("m.updated_at < :changed_before")
    if without:
        where.append("m.workspace NOT IN (SELECT value FROM json_each(:without))")
    values: dict[str, Any] = {"workspace": workspace, "changed_before": changed_before, "without": some(without)}
    if not states:
        return f"SELECT m.seq FROM messages m NOT INDEXED WHERE {' AND '.join(where)}", values
    arms = []
    for number, state in enumerate(dict.fromkeys(states)):
        values[f"state{number}"] = state.value
        found = " AND ".join([f"m.state = :state{number}", *where])
        arms.append(f"SELECT m.seq FROM messages m INDEXED BY messages_state WHERE {found}")
    return " UNION ALL ".join(arms), values


def _in_order(counts: Iterable[tuple[str, int]]) -> dict[MessageState, int]:
    by_state = {MessageState(state): count for state, count in counts}
    return {state: by_state[state] for state in MessageState if state in by_state}


def _entry(row: Sequence[Any]) -> HistoryEntry:
    at, was, state, attempt, reason, detail = row
    return HistoryEntry(
        to_moment(at), MessageState(was), MessageState(state), attempt, reason, json.loads(detail) if detail else {}
    )
