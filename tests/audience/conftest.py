"""A workspace to import into: the real store and the real normaliser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.audience.import_ import Imported, Importer, names_of
from engine.audience.rows import Rejection
from engine.audience.source import Format, open_source
from engine.config.settings_models import WorkspaceConfig
from engine.contracts import NumberNormaliser
from engine.plugins import load
from engine.state.sqlite import SqliteStore
from engine.store import Store
from engine.testing.context import ManualClock, plugin_context


@dataclass
class Desk:
    """Imports what it is given and tells what came of it."""

    store: Store
    folder: Path
    normaliser: NumberNormaliser
    clock: ManualClock = field(default_factory=ManualClock)
    settings: dict[str, Any] = field(default_factory=dict)

    def take(
        self, content: str | bytes, *, name: str = "people.csv", consent: str | None = None, piped: bool = False
    ) -> tuple[Imported, list[Rejection]]:
        """Imports a file of this content; `piped` brings it through a stream that can be read only once."""
        data = content.encode() if isinstance(content, str) else content
        config = WorkspaceConfig.model_validate(
            {"name": "Acme", "business": {"country": "US"}, "audience": self.settings}
        )
        importer = Importer(self.store, "acme", config, self.normaliser, self.clock, consent=consent)
        rejections: list[Rejection] = []
        path = self.folder / name
        path.write_bytes(data)
        stdin = io.BufferedReader(_Pipe(data))
        form = Format(path.suffix[1:]) if piped else None
        with open_source("-" if piped else str(path), format_=form, names=names_of(config), stdin=stdin) as source:
            source.check()
            done = importer.run(source.records(), rejected=rejections.append)
        assert done.rejected == len(rejections)
        return done, rejections

    def people(self) -> dict[str, tuple[str | None, dict[str, Any]]]:
        """Gives who is there: id → (number, attributes)."""
        return {person.id: (person.phone, dict(person.attributes)) for person in self.store.people("acme")}


class _Pipe(io.RawIOBase):
    """Bytes that come once and a few at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(min(len(buffer), 4099))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.fixture(scope="session")
def normaliser(tmp_path_factory: pytest.TempPathFactory) -> NumberNormaliser:
    """What reads numbers, built once: it keeps nothing between two numbers."""
    return load(["phonenumbers"]).normaliser("phonenumbers")(plugin_context(tmp_path_factory.mktemp("normaliser")))


@pytest.fixture
def desk(tmp_path: Path, normaliser: NumberNormaliser) -> Iterator[Desk]:
    store = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    yield Desk(store, tmp_path, normaliser)
    store.close()
