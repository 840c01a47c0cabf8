"""The files of the starter config, as `engine init` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

_RENAMED = {"gitignore": ".gitignore"}
"""A file with its real name would already mean something where it is kept."""


def starter_files() -> Iterator[tuple[str, str]]:
    """Gives the path and text of each file, sorted."""
    yield from _walk(files(__package__), "")


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            if not entry.name.startswith("__"):
                yield from _walk(entry, f"{prefix}{entry.name}/")
        elif not entry.name.endswith((".py", ".pyc")):
            yield prefix + _RENAMED.get(entry.name, entry.name), entry.read_text(encoding="utf-8")
