"""What apply did at providers: the steps of each plan, and the webhook addresses that hold by now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.provider_steps import ProviderStep, SenderKey, StepState
from engine.state.codec import dumps, to_micros, to_moment
from engine.state.room import Room

_COLUMNS = "address, workspace, provider, value, sets, digest, by, at, state, message"
_LAST = "(SELECT MAX(round) FROM provider_steps)"


class Stepping(Room):
    """The part of the store that remembers what was done at providers."""

    def begin_steps(self, steps: Sequence[ProviderStep]) -> None:
        """Writes down what is going to be done, in order, in the place of what was left undone."""
        with self._file.write() as conn:
            (number,) = conn.execute("SELECT COALESCE(MAX(round), 0) + 1 FROM provider_steps").fetchone()
            conn.execute("DELETE FROM provider_steps WHERE state != ?", (str(StepState.DONE),))
            conn.executemany(
                f"INSERT INTO provider_steps (round, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, *_row(step)) for step in steps],
            )

    def end_step(self, address: str, state: StepState, *, at: datetime, message: str = "") -> None:
        """Says what became of a step of those begun last."""
        with self._file.write() as conn:
            row = conn.execute(
                f"UPDATE provider_steps SET state = ?, at = ?, message = ? WHERE round = {_LAST} AND address = ?"
                " RETURNING workspace, provider, value, sets",
                (str(state), to_micros(at), message, address),
            ).fetchone()
            if row is None:
                raise KeyError(address)
            if state is StepState.DONE:
                _remember(conn, SenderKey(*row[:3]), json.loads(row[3]), at)

    def last_steps(self) -> Sequence[ProviderStep]:
        """Gives the steps that were begun last, in order."""
        rows = self._file.rows(f"SELECT {_COLUMNS} FROM provider_steps WHERE round = {_LAST} ORDER BY n")
        return [_step(*row) for row in rows]

    def webhooks_set(self) -> Mapping[SenderKey, Mapping[str, str]]:
        """Gives the webhook addresses of every sender as they were last set."""
        found: dict[SenderKey, dict[str, str]] = {}
        for *key, webhook, url in self._file.rows(
            "SELECT workspace, provider, value, webhook, url FROM provider_webhooks"
        ):
            found.setdefault(SenderKey(*key), {})[webhook] = url
        return found

    def remember_webhooks(self, found: Mapping[SenderKey, Mapping[str, str]], *, at: datetime) -> None:
        """Remembers addresses that were found to be as they should."""
        with self._file.write() as conn:
            for key, webhooks in found.items():
                _remember(conn, key, webhooks, at)


def _remember(conn: sqlite3.Connection, key: SenderKey, webhooks: Mapping[str, str], at: datetime) -> None:
    conn.executemany(
        "INSERT OR REPLACE INTO provider_webhooks VALUES (?, ?, ?, ?, ?, ?)",
        [(*key, webhook, url, to_micros(at)) for webhook, url in webhooks.items()],
    )


def _row(step: ProviderStep) -> tuple[Any, ...]:
    sets = dumps(dict(step.sets))
    return (
        step.address,
        *step.sender,
        sets,
        step.digest,
        step.by,
        to_micros(step.at),
        str(step.state),
        step.message,
    )


def _step(
    address: str,
    workspace: str,
    provider: str,
    value: str,
    sets: str,
    digest: str,
    by: str,
    at: int,
    state: str,
    message: str,
) -> ProviderStep:
    return ProviderStep(
        address=address,
        sender=SenderKey(workspace, provider, value),
        sets=json.loads(sets),
        digest=digest,
        by=by,
        at=to_moment(at),
        state=StepState(state),
        message=message,
    )
