"""A network's file, opened when it is needed, and anew where somebody has deleted it: then there are new phones."""

from __future__ import annotations

from pathlib import Path

from engine_sandbox.network import Network


class NetworkFile:
    """Keeps one connection. For one thread at a time."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._opened: tuple[Network, tuple[int, int] | None] | None = None

    def network(self) -> Network:
        """Gives the network as `Network.open` does. Raises StateUnavailable."""
        if self._opened is not None and self._opened[1] != self._identity():
            self.close()
        if self._opened is None:
            network = Network.open(self._path, read_only=self._read_only)
            self._opened = network, self._identity()
        return self._opened[0]

    def close(self) -> None:
        """Closes the file; the next question opens it again."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
