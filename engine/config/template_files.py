"""The files of a template: its own, and one for each translation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from engine.config.layout import WorkspaceFolder
from engine.config.text import Report, read_bytes

Written = Mapping[str, bytes | None]
"""Files with what stands in them, the template's own first; None where a file cannot be read."""


def read_files(folder: WorkspaceFolder, name: str, report: Report) -> Written:
    """Reads the files of a template; reports those that cannot be read."""
    stem = f"{folder.prefix}templates/{name}"
    found = {f"{stem}.liquid": read_bytes(folder.templates[name], f"{stem}.liquid", report)}
    for language, path in folder.languages.get(name, {}).items():
        found[f"{stem}.{language}.liquid"] = read_bytes(path, f"{stem}.{language}.liquid", report)
    return found


def key_of(written: Written) -> str | None:
    """Gives what a template is kept by in a cache: its files with their content; None where one cannot be read."""
    digest = hashlib.sha256()
    for file, content in written.items():
        if content is None:
            return None
        digest.update(f"{file}\n{len(content)}\n".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()
