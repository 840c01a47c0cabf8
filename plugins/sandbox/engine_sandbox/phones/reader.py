"""Reads the networks' files for the page, on one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from engine import StateUnavailable
from engine_sandbox.network import Network, failures

T = TypeVar("T")


class Reader:
    """Answers questions about networks. A file that was deleted and made anew is opened anew."""

    def __init__(self, paths: Callable[[], Mapping[str, Path]]) -> None:
        self._paths = paths
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-phones")
        self._opened: dict[str, tuple[tuple[int, int] | None, Network]] = {}

    def networks(self) -> tuple[str, ...]:
        """Gives the names of the networks that there are now."""
        return tuple(self._paths())

    async def ask(self, network: str, question: Callable[[Network], T]) -> T:
        """Gives the answer of a network. Raises StateUnavailable, also where there is none of that name."""
        path = self._paths().get(network)
        if path is None:
            raise StateUnavailable(f"the sandbox has no phone network {network!r}")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, network, path, question)

    def _answer(self, name: str, path: Path, question: Callable[[Network], T]) -> T:
        with failures(path):
            return question(self._open(name, path))

    def _open(self, name: str, path: Path) -> Network:
        identity = _identity(path)
        known = self._opened.get(name)
        if known is not None:
            if known[0] == identity:
                return known[1]
            known[1].close()
            del self._opened[name]
        opened = Network.open(path, read_only=True)
        self._opened[name] = (identity, opened)
        return opened


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
