"""Objects that are plain data until somebody asks for one: of ten thousand templates, a plan looks at a few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from engine.types import Json

M = TypeVar("M", bound=BaseModel)


class Lazy(Mapping[str, M], Generic[M]):
    """Models by name, built from plain data when they are first asked for; and the plain data, with defaults."""

    def __init__(self, model: type[M], plain: Mapping[str, Mapping[str, Json]] | None = None) -> None:
        self._model = model
        self._plain: dict[str, Mapping[str, Json]] = dict(plain or {})
        self._built: dict[str, M] = {}
        self._keys: dict[str, str] = {}
        self._names: dict[str, None] = dict.fromkeys(self._plain)

    def add(self, name: str, model: M) -> None:
        """Adds a model, or puts it in the place of the one of that name."""
        self._names[name] = None
        self._built[name] = model
        self._plain.pop(name, None)
        self._keys.pop(name, None)

    def add_plain(self, name: str, plain: Mapping[str, Json]) -> None:
        """Adds plain data that is known to be valid."""
        self._names[name] = None
        self._plain[name] = plain

    def keep(self, name: str, key: str) -> None:
        """Notes what the object is kept by in a cache: it came from there, or went there."""
        self._keys[name] = key

    def key(self, name: str) -> str | None:
        """Gives what the object is kept by in a cache; None where it is in none."""
        return self._keys.get(name)

    def plain(self, name: str) -> Mapping[str, Json]:
        """Gives an object as plain data, defaults filled in. Raises KeyError."""
        found = self._plain.get(name)
        if found is None:
            found = self._plain[name] = plain_of(self._built[name])
        return found

    def field(self, field: str) -> Iterator[tuple[str, Any]]:
        """Gives the name of every object with one of its fields; builds none for it."""
        for name in self._names:
            built = self._built.get(name)
            yield name, self._plain[name].get(field) if built is None else getattr(built, field)

    def __getitem__(self, name: str) -> M:
        found = self._built.get(name)
        if found is None:
            found = self._built[name] = self._model.model_validate(self._plain[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def plain_of(value: BaseModel, without: set[str] | None = None) -> dict[str, Json]:
    """Gives a model as plain data, defaults filled in."""
    return value.model_dump(mode="json", by_alias=True, exclude=without)
