"""Releases: each applied config, whole and unchangeable; the newest is live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from engine.errors import PlanStale
from engine.state.codec import dumps, to_micros, to_moment
from engine.state.room import Room
from engine.types import Release, Source

_ABOUT = (
    "id, base, digest, applied_at, applied_by, commit_hash, author, environment, versions, summary, allowed, restores"
)
_WHOLE = f"{_ABOUT}, objects, sources"


class Releases(Room):
    """The part of the store that keeps releases."""

    def live_release(self) -> Release | None:
        """Gives the applied release, None before the first apply."""
        row = self._file.row(f"SELECT {_WHOLE} FROM releases ORDER BY seq DESC LIMIT 1")
        return None if row is None else _release(row)

    def live_release_id(self) -> str | None:
        """Gives the applied release's id alone: cheap."""
        row = self._file.row("SELECT id FROM releases ORDER BY seq DESC LIMIT 1")
        return None if row is None else row[0]

    def release(self, release_id: str) -> Release | None:
        """Gives a release with its objects, None where there is none of that id."""
        row = self._file.row(f"SELECT {_WHOLE} FROM releases WHERE id = ?", (release_id,))
        return None if row is None else _release(row)

    def releases(self, *, limit: int = 100) -> Sequence[Release]:
        """Gives the newest releases first, without their objects."""
        rows = self._file.rows(f"SELECT {_ABOUT}, '{{}}', '{{}}' FROM releases ORDER BY seq DESC LIMIT ?", (limit,))
        return [_release(row) for row in rows]

    def put_release(self, release: Release) -> None:
        """Records a release and makes it live. Raises PlanStale where its base is no longer live."""
        sources = {
            address: [source.file, source.line, source.column, source.end_line, source.end_column]
            for address, source in release.sources.items()
        }
        with self._file.write() as conn:
            live = conn.execute("SELECT id FROM releases ORDER BY seq DESC LIMIT 1").fetchone()
            base = live[0] if live else None
            if base != release.base:
                raise PlanStale(
                    f"the live release is {base or 'none'}, and this one was made on {release.base or 'none'}",
                    hint="plan again, and review what changed meanwhile",
                )
            conn.execute(
                """INSERT INTO releases (id, base, digest, applied_at, applied_by, commit_hash, author, environment,
                    versions, summary, allowed, restores, objects, sources)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    release.id,
                    release.base,
                    release.digest,
                    to_micros(release.applied_at),
                    release.applied_by,
                    release.commit,
                    release.author,
                    release.environment,
                    dumps(dict(release.versions)),
                    dumps(dict(release.summary)),
                    dumps(list(release.allowed)),
                    release.restores,
                    dumps(dict(release.objects)),
                    dumps(sources),
                ),
            )


class _Sources(Mapping[str, Source]):
    """The places of a release's values, read when somebody asks: there are more of them than of anything else."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _places(self) -> dict[str, Sequence[Any]]:
        found: dict[str, Sequence[Any]] = json.loads(self._text)
        return found

    def __getitem__(self, address: str) -> Source:
        return Source(*self._places[address])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _release(row: Sequence[Any]) -> Release:
    (release_id, base, digest, applied_at, applied_by, commit, author, environment, versions, summary) = row[:10]
    allowed, restores, objects, sources = row[10:]
    return Release(
        id=release_id,
        base=base,
        digest=digest,
        objects=json.loads(objects),
        sources=_Sources(sources),
        applied_at=to_moment(applied_at),
        applied_by=applied_by,
        commit=commit,
        author=author,
        environment=environment,
        versions=json.loads(versions),
        summary=json.loads(summary),
        allowed=tuple(json.loads(allowed)),
        restores=restores,
    )
