"""Reads the networks' files for the page, on one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from engine import StateUnavailable
from engine_sandbox.file import NetworkFile
from engine_sandbox.network import Network, failures

T = TypeVar("T")


class Reader:
    """Answers questions about networks."""

    def __init__(self, paths: Callable[[], Mapping[str, Path]]) -> None:
        self._paths = paths
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-phones")
        self._files: dict[Path, NetworkFile] = {}

    def networks(self) -> tuple[str, ...]:
        """Gives the names of the networks that there are now."""
        return tuple(self._paths())

    async def ask(self, network: str, question: Callable[[Network], T]) -> T:
        """Gives the answer of a network. Raises StateUnavailable, also where there is none of that name."""
        path = self._paths().get(network)
        if path is None:
            raise StateUnavailable(f"the sandbox has no phone network {network!r}")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, path, question)

    def _answer(self, path: Path, question: Callable[[Network], T]) -> T:
        file = self._files.setdefault(path, NetworkFile(path, read_only=True))
        with failures(path):
            return question(file.network())
