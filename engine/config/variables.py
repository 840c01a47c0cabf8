"""`${NAME}` and `${NAME:-default}`, as in Compose files; `$$` is one dollar sign. They give texts only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.config.explain import Checker, Path
from engine.types import Source

_REFERENCE = re.compile(
    r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"(?::-(?P<default>(?:\$\{[^{}]*\}|(?!\$\{)[^}])*))?\}"  # another variable may be the default: ${A:-${B}}
    r"|(?P<odd>\$\{[^}]*\}*)"
)
NAME_ALONE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that the config refers to and that is not set: an error where its value is needed."""

    name: str
    address: str
    field: str  # dotted, e.g. "delivery.account_sid"
    source: Source


@dataclass(slots=True)
class Used:
    """Where a variable is used in a field that is not secret."""

    name: str
    path: Path


@dataclass(slots=True)
class Substitution:
    """Fills references in a document's data. Collects what was used and what was not set, by path."""

    variables: Mapping[str, str]
    checker: Checker
    address: str
    used: list[Used] = field(default_factory=list)
    unset: dict[Path, str] = field(default_factory=dict)

    def fill(self, data: Any, path: Path = (), *, leave: Callable[[Path], bool] | None = None) -> Any:
        """Gives the data with every reference replaced by its value. What `leave` picks stays as written."""
        if leave is not None and leave(path):
            return data
        if isinstance(data, str):
            return self._text(data, path) if "$" in data else data
        if isinstance(data, dict):
            return {key: self.fill(value, (*path, key), leave=leave) for key, value in data.items()}
        if isinstance(data, list):
            return [self.fill(value, (*path, index), leave=leave) for index, value in enumerate(data)]
        return data

    def _text(self, text: str, path: Path) -> str:
        missing = False

        def value(found: re.Match[str]) -> str:
            nonlocal missing
            if found[0] == "$$":
                return "$"
            if found["odd"] is not None:
                message = f"{found['odd']!r} is no reference to a variable"
                hint = "write ${NAME} or ${NAME:-default}; $$ for a dollar sign"
                self.checker.at(path, "config.variable", message, hint, address=self.address)
                return found[0]
            name = found["name"]
            self.used.append(Used(name, path))
            # As in Compose, `:-` stands in for a variable that is empty, too. Without it, an empty variable counts as
            # unset: an empty text where a value belongs is the mistake that nobody sees.
            given, default = self.variables.get(name), found["default"]
            if given:
                self.used += [Used(inner["name"], path) for inner in _inner(default)]
                return given
            if default is not None:
                return _REFERENCE.sub(value, default)
            missing = True
            self.unset[path] = name
            return found[0]

        filled = _REFERENCE.sub(value, text)
        return text if missing else filled


def _inner(default: str | None) -> list[re.Match[str]]:
    return [found for found in _REFERENCE.finditer(default or "") if found["name"]]


def names_in(text: str) -> list[str]:
    """Gives the names of the variables that a text refers to, each once, those of defaults too."""
    names: dict[str, None] = {}
    for found in _REFERENCE.finditer(text):
        if found["name"]:
            names[found["name"]] = None
            names |= dict.fromkeys(names_in(found["default"] or ""))
    return list(names)


def check_none(data: Any, checker: Checker, address: str, path: Path = ()) -> None:
    """Reports references in a file where variables do not work."""
    if isinstance(data, str):
        if "${" in data and any(found["name"] for found in _REFERENCE.finditer(data)):
            message = "variables work in engine.yaml, environments/ and workspace.yaml only"
            checker.at(path, "config.variable-here", message, "write the value itself", address=address)
    elif isinstance(data, dict):
        for key, value in data.items():
            check_none(value, checker, address, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            check_none(value, checker, address, (*path, index))


def without(data: Any, paths: set[Path], path: Path = ()) -> Any:
    """Gives the data without the values at these paths, so that defaults take their place."""
    if isinstance(data, dict):
        return {k: without(v, paths, (*path, k)) for k, v in data.items() if (*path, k) not in paths}
    if isinstance(data, list):
        return [without(v, paths, (*path, i)) for i, v in enumerate(data) if (*path, i) not in paths]
    return data
