"""Caps and costs: sums over a sliding time, kept as one row for each key and short stretch of time.

A message belongs to the stretch in which it went. A stretch counts while any of it lies in the window, so that a sum is
never too low: a cap may free up late, by no more than one stretch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from engine.caps import MILLIONTH, TOO_DEAR, Cap, CapKind, Cost, Spent
from engine.outbox import Prepared
from engine.state.codec import to_micros, to_moment
from engine.state.room import Room, some

COST, ASSUMED, UNPRICED = "cost", "assumed", "unpriced"
"""Kinds of rows beside those of caps: a known cost; what a limit assumed where it is unknown; how many those were."""

_SECOND = 1_000_000
_STRETCH = {CapKind.SPEND: 60 * _SECOND, CapKind.PER_PREFIX: _SECOND, CapKind.SAME_TEXT: _SECOND}
_KEPT = timedelta(days=31)
_LEAST_WAIT = 24
"""Part of its window that a message over a shared cap waits at least. Thousands may wait for the same room: they come
to see whether it is theirs a few times in a window, not each time that some of it frees up."""

_Key = tuple[str, str, str]  # workspace, kind, key
_Row = tuple[str, str, str, int]  # the same, and when its stretch began


@dataclass(slots=True)
class _Window:
    """What one key has used in the window, oldest first."""

    stretch: int
    used: list[tuple[int, int]] = field(default_factory=list)  # when, how much
    total: int = 0

    def add(self, at: int, amount: int) -> None:
        self.used.append((at, amount))
        self.total += amount

    def frees(self, cap: Cap, now: int) -> int:
        """Gives when there is room again for what the cap is about; `now` where there is."""
        total, when = self.total, now
        for at, amount in self.used:
            if total + cap.amount <= cap.most:
                break
            total -= amount
            when = at + self.stretch + to_micros_of(cap.per)
        return when


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that has no room for a message; `until` None means that it never will."""

    cap: Cap
    reason: str
    until: datetime | None


class Caps:
    """The caps of a batch, asked all at once. Costs nothing where no message has any."""

    def __init__(self, conn: sqlite3.Connection, items: Sequence[tuple[str, Prepared]], at: int) -> None:
        self._conn = conn
        self._at = at
        self._windows: dict[_Key, _Window] = {}
        self._rows: dict[_Row, tuple[int, timedelta]] = {}  # → amount, how long it is kept
        first = [(workspace, item) for workspace, item in items if not item.attempt]
        wanted: dict[_Key, int] = {}
        for workspace, item in first:
            for cap in item.caps:
                key = (workspace, cap.kind.value, cap.key)
                stretch = _STRETCH.get(cap.kind, 0)
                self._windows[key] = _Window(stretch)
                wanted[key] = min(wanted.get(key, at), at - to_micros_of(cap.per) - stretch)
        if wanted:
            self._read({key: since for key, since in wanted.items() if key[1] != CapKind.PER_PERSON})
            self._read_people({key: since for key, since in wanted.items() if key[1] == CapKind.PER_PERSON})

    def over(self, workspace: str, item: Prepared) -> Over | None:
        """Gives the first cap that a message is over; None where it may go, and then it is counted."""
        if item.attempt:
            return None
        for cap in item.caps:
            if cap.amount > cap.most:
                return Over(cap, f"{TOO_DEAR}: {cap.said}", None)
            until = self._windows[workspace, cap.kind.value, cap.key].frees(cap, self._at)
            if until > self._at:
                if cap.kind is CapKind.SAME_TEXT:
                    return Over(cap, cap.reason, None)
                if cap.kind is not CapKind.PER_PERSON:
                    until = max(until, self._at + to_micros_of(cap.per) // _LEAST_WAIT)
                return Over(cap, cap.reason, to_moment(until))
        self._count(workspace, item)
        return None

    def write(self) -> None:
        """Keeps what was counted, and drops what no window reaches any more."""
        if not self._rows:
            return
        self._conn.executemany(
            """INSERT INTO usage (workspace, kind, key, at, amount, until) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, kind, key, at) DO UPDATE
            SET amount = amount + excluded.amount, until = max(until, excluded.until)""",
            [(*key, amount, _until(key, keep)) for key, (amount, keep) in self._rows.items()],
        )
        self._conn.execute("DELETE FROM usage WHERE until <= ?", (self._at,))

    def _count(self, workspace: str, item: Prepared) -> None:
        for cap in item.caps:
            window = self._windows[workspace, cap.kind.value, cap.key]
            at = self._at - self._at % (window.stretch or 1)
            window.add(at, cap.amount)
            if cap.kind is CapKind.SPEND:
                if item.cost is None or item.cost.currency != cap.key:
                    self._row(workspace, ASSUMED, cap.key, at, cap.amount, cap.per)
            elif cap.kind is not CapKind.PER_PERSON:
                self._row(workspace, cap.kind.value, cap.key, at, cap.amount, cap.per)
        minute = self._at - self._at % _STRETCH[CapKind.SPEND]
        if item.cost is None:
            self._row(workspace, UNPRICED, "", minute, 1, _KEPT)
        else:
            self._row(workspace, COST, item.cost.currency, minute, item.cost.millionths, _KEPT)

    def _row(self, workspace: str, kind: str, key: str, at: int, amount: int, keep: timedelta) -> None:
        before, kept = self._rows.get((workspace, kind, key, at), (0, keep))
        self._rows[workspace, kind, key, at] = (before + amount, max(keep, kept))

    def _read(self, wanted: dict[_Key, int]) -> None:
        asked = []
        for (workspace, kind, key), since in wanted.items():
            kinds = (COST, ASSUMED) if kind == CapKind.SPEND else (kind,)
            asked += [(workspace, one, key, since, kind) for one in kinds]
        if not asked:
            return
        rows = self._conn.execute(
            """SELECT u.workspace, j.value ->> 4, u.key, u.at, u.amount FROM json_each(?) j CROSS JOIN usage u
            ON u.workspace = j.value ->> 0 AND u.kind = j.value ->> 1 AND u.key = j.value ->> 2
                AND u.at > j.value ->> 3
            ORDER BY u.at""",
            (some(asked),),
        )
        for workspace, kind, key, at, amount in rows:
            self._windows[workspace, kind, key].add(at, amount)

    def _read_people(self, wanted: dict[_Key, int]) -> None:
        """Reads the messages themselves, to the microsecond. Answers do not count, as they are not capped."""
        if not wanted:
            return
        rows = self._conn.execute(
            """SELECT f.workspace, f.number, m.first_at FROM json_each(?) j CROSS JOIN frozen f
            ON f.workspace = j.value ->> 0 AND f.number = j.value ->> 1
            JOIN messages m ON m.seq = f.message JOIN sends s ON s.id = m.send
            WHERE m.first_at > j.value ->> 2 AND s.reply_from IS NULL ORDER BY m.first_at""",
            (some((workspace, key, since) for (workspace, _, key), since in wanted.items()),),
        )
        for workspace, number, at in rows:
            self._windows[workspace, CapKind.PER_PERSON.value, number].add(at, 1)


def _until(row: _Row, keep: timedelta) -> int:
    _, kind, _, at = row
    return at + to_micros_of(max(keep, _KEPT) if kind in (COST, ASSUMED) else keep) + 60 * _SECOND


def to_micros_of(duration: timedelta) -> int:
    """Gives a duration in microseconds."""
    return duration // timedelta(microseconds=1)


class Spenders(Room):
    """The part of the store that knows what was spent."""

    def spent(self, *, since: datetime) -> Sequence[Spent]:
        """Gives what each workspace has spent since a moment, to the minute."""
        rows = self._file.rows(
            """SELECT workspace, kind, key, sum(amount) FROM usage WHERE kind IN (?, ?) AND at > ?
            GROUP BY workspace, kind, key ORDER BY workspace, key""",
            (COST, UNPRICED, to_micros(since) - _STRETCH[CapKind.SPEND]),
        )
        found: dict[str, tuple[list[Cost], int]] = {}
        for workspace, kind, key, amount in rows:
            costs, unpriced = found.get(workspace, ([], 0))
            if kind == COST:
                costs.append(Cost(Decimal(amount) * MILLIONTH, key))
            found[workspace] = (costs, unpriced + (amount if kind == UNPRICED else 0))
        return [Spent(workspace, tuple(costs), unpriced) for workspace, (costs, unpriced) in found.items()]
