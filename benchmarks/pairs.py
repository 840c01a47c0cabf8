"""Times two programs against each other, as whole processes, in turns: a slow moment of the machine hits both."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENGINE = str(Path(sys.executable).parent / "engine")


@dataclass(frozen=True)
class Comparison:
    """Medians in seconds, and the ratio that is promised."""

    name: str
    ours: str
    peer: str
    our_seconds: float
    peer_seconds: float
    target: float
    runs: int

    @property
    def ratio(self) -> float:
        """Our time over the peer's."""
        return self.our_seconds / self.peer_seconds

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio <= self.target


def compare(
    name: str,
    ours: Sequence[str],
    peer: Sequence[str],
    *,
    cwd: Path,
    target: float,
    runs: int,
    says: tuple[str, str],
    variables: Mapping[str, str] | None = None,
) -> Comparison:
    """Runs both `runs` times in turns, after one of each that is not counted. Raises CalledProcessError.

    `variables` are set beside those of the environment.
    """

    def turn() -> tuple[float, float]:
        return seconds(ours, cwd, variables), seconds(peer, cwd, variables)

    turn()
    pairs = [turn() for _ in range(runs)]
    return Comparison(
        name=name,
        ours=says[0],
        peer=says[1],
        our_seconds=statistics.median(pair[0] for pair in pairs),
        peer_seconds=statistics.median(pair[1] for pair in pairs),
        target=target,
        runs=runs,
    )


def table(comparisons: Sequence[Comparison]) -> str:
    """Gives the results as a Markdown table."""
    rows = ["| what | Engine | peer | ratio | target |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {c.name} | `{c.ours}`: {c.our_seconds * 1000:.0f} ms | {c.peer}: {c.peer_seconds * 1000:.0f} ms "
        f"| **{c.ratio:.2f}** | {c.target:g} |"
        for c in comparisons
    ]
    return "\n".join(rows)


def seconds(command: Sequence[str], cwd: Path, variables: Mapping[str, str] | None = None) -> float:
    """Gives how long a command takes. Raises CalledProcessError where it fails."""
    environment = {**os.environ, **(variables or {})}
    began = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.perf_counter() - began
