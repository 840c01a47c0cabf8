"""Which file and line set each value of an object, and what an environment laid over what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.config.lazy import plain_of
from engine.config.load import Loaded
from engine.config.snapshot import snapshot
from engine.config.sources import Sources
from engine.config.variables import names_in
from engine.types import Json, Source

_PASSWORD = re.compile(r"://[^/@]*@")
Fields = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Under:
    """A value that an environment replaced. `source` None: it was the default."""

    value: Json
    source: Source | None


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of an object, as it applies. `source` None: nothing sets it, and it is the default."""

    field: str  # dotted
    value: Json  # secrets by name
    source: Source | None
    written: str | None = None  # what stands there, where variables are filled into it
    variables: tuple[str, ...] = ()
    under: Under | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A value of the base that an environment took out with what it stood in, such as another provider's options."""

    field: str
    source: Source


def objects_of(loaded: Loaded) -> dict[str, Mapping[str, Json]]:
    """Gives every object by address with all of its values; with those that no release holds, such as samples.

    Secrets stay names, and the password of the state's address is left out.
    """
    project = loaded.require()
    found: dict[str, Mapping[str, Json]] = {**snapshot(project)}
    found["engine"] = {**plain_of(project.engine), "state": _PASSWORD.sub("://…@", project.engine.state)}
    for name, workspace in project.workspaces.items():
        for template in workspace.templates:
            found[f"{name}/template/{template}"] = workspace.templates.plain(template)
    return found


def settings(address: str, data: Mapping[str, Json], sources: Sources) -> list[Setting]:
    """Gives every value of an object with where it is set, in the order of the object's fields."""
    has_variables = address == "engine" or address.endswith("/workspace")
    found = []
    for path, value in _leaves(data):
        place = sources.written(address, path)
        if place is None and _inherits(path, value, data):
            continue
        names = tuple(names_in(place.text)) if place is not None and place.text and has_variables else ()
        found.append(
            Setting(
                field=".".join(path),
                value=value,
                source=place.source if place is not None else None,
                written=place.text if place is not None and names else None,
                variables=names,
            )
        )
    return found


def laid_over(over: list[Setting], base: list[Setting], file: str) -> tuple[list[Setting], list[Dropped]]:
    """Gives settings with what they replaced, where they come from the environment's `file`; and what is gone."""
    known = {setting.field: setting for setting in base}
    found = []
    for setting in over:
        was = known.pop(setting.field, None)
        if was is not None and setting.source is not None and setting.source.file == file:
            found.append(replace(setting, under=Under(was.value, was.source)))
            continue
        if was is not None and setting.source is None and was.source is not None:
            known[was.field] = was
        found.append(setting)
    return found, [Dropped(was.field, was.source) for was in known.values() if was.source is not None]


def _leaves(data: Mapping[str, Json], path: Fields = ()) -> Iterator[tuple[Fields, Json]]:
    for key, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _inherits(path: Fields, value: Json, data: Mapping[str, Json]) -> bool:
    """True for what a translation has from its template, which is listed there."""
    return len(path) == 3 and path[0] == "languages" and data.get(path[2]) == value
