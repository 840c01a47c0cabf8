"""The last round of `engine reconcile`."""

from __future__ import annotations

from datetime import timedelta

from engine.rounds import Round, RoundResult
from engine.state.codec import to_micros, to_moment
from engine.state.room import Room

_COLUMNS = "at, by, every, result, commit_hash, release, message, since, config"
_MICROSECOND = timedelta(microseconds=1)


class Reconciling(Room):
    """The part of the store that remembers what `engine reconcile` did last."""

    def record_round(self, done: Round) -> None:
        """Remembers a round in the place of the one before it."""
        with self._file.write() as conn:
            conn.execute(
                f"INSERT OR REPLACE INTO last_round (one, {_COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    to_micros(done.at),
                    done.by,
                    None if done.every is None else done.every // _MICROSECOND,
                    str(done.result),
                    done.commit,
                    done.release,
                    done.message,
                    None if done.since is None else to_micros(done.since),
                    done.config,
                ),
            )

    def last_round(self) -> Round | None:
        """Gives the last round, None before the first."""
        row = self._file.row(f"SELECT {_COLUMNS} FROM last_round")
        if row is None:
            return None
        at, by, every, result, commit, release, message, since, config = row
        return Round(
            at=to_moment(at),
            by=by,
            every=None if every is None else every * _MICROSECOND,
            result=RoundResult(result),
            commit=commit,
            release=release,
            message=message,
            since=None if since is None else to_moment(since),
            config=config,
        )
