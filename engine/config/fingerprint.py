"""What the code is that reads a config: the engine, the loaded plugins, and every library beside them."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator

from engine.plugins import Plugins

_INSTALLED = (".dist-info", ".egg-info")


def fingerprint(plugins: Plugins) -> str | None:
    """Gives the SHA-256 of all that makes of the same files the same findings; None where it is not known.

    The Python, the name and version of every distribution, and the content of the engine and of the loaded plugins:
    whoever works on a plugin changes its code, and not its version.
    """
    digest = hashlib.sha256(repr((sys.version, sys.platform, plugins.names)).encode())
    for name in _distributions(sys.path):
        digest.update(f"{name}\n".encode("utf-8", "surrogateescape"))
    for package in sorted({"engine", *plugins.packages}):
        roots = _roots(package)
        if not roots:
            return None
        for path in sorted(path for root in roots for path in _files(root)):
            try:
                with open(path, "rb") as stream:  # noqa: PTH123 # a Path costs more than the read
                    content = stream.read()
            except OSError:
                return None
            digest.update(f"{path} {len(content)}\n".encode("utf-8", "surrogateescape"))
            digest.update(content)
    return digest.hexdigest()


def _distributions(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        yield folder
        try:
            yield from sorted(name for name in os.listdir(folder or ".") if name.endswith(_INSTALLED))  # noqa: PTH208 # names are wanted
        except OSError:
            continue


def _roots(package: str) -> list[str]:
    module = sys.modules.get(package)
    if module is None:
        return []
    roots = list(getattr(module, "__path__", ())) or [getattr(module, "__file__", None) or ""]
    return roots if all(os.path.exists(root) for root in roots) else []  # noqa: PTH110 # a package in an archive has none


def _files(root: str) -> Iterator[str]:
    if os.path.isfile(root):  # noqa: PTH113 # see above
        yield root
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if name != "__pycache__"]
        yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118 # a text is wanted, some hundred times
