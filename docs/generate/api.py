"""The names in `engine.__all__`, from their docstrings."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from typing import Any

import engine

INTRODUCTION = """\
# Names that plugins and programs may use

`from engine import …` gives these and no others. They follow semantic versioning; everything else inside the
package may change. Base classes and hooks have [a page of their own](hooks.md).
"""


def page() -> str:
    """Gives the page. Raises ValueError for a public name without a docstring."""
    rows = [INTRODUCTION, "| name | what it is |", "| --- | --- |"]
    rows += [
        f"| `{name}` | {_words(name, getattr(engine, name))} |" for name in sorted(engine.__all__, key=str.casefold)
    ]
    return "\n".join(rows)


def _words(name: str, value: Any) -> str:
    words = inspect.getdoc(value) or ""
    first = " ".join(words.split("\n\n")[0].split())
    if isinstance(value, type) and issubclass(value, enum.Enum):
        members = ", ".join(f"`{member.value}`" for member in value)
        default = enum.StrEnum.__doc__ or ""
        return members if not words or words in default else f"{first} {members}"
    if dataclasses.is_dataclass(value):
        fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(value))
        return f"Fields: {fields}" if first.startswith(f"{name}(") else f"{first} Fields: {fields}"
    if name == "hookimpl":
        return "Marks a function as the implementation of a hook."
    if not first:
        raise ValueError(f"engine.{name} has no docstring")
    return first.replace("|", r"\|")
