"""How long it takes until `engine` says something: against the import of the library that it is built on."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.pairs import ENGINE, Comparison, compare, table


def startup(runs: int = 41) -> Comparison:
    """Compares `engine --help` with a bare import of click."""
    with tempfile.TemporaryDirectory() as folder:
        return compare(
            "start-up",
            [ENGINE, "--help"],
            [sys.executable, "-c", "import click"],
            cwd=Path(folder),
            target=2,
            runs=runs,
            says=("engine --help", '`python -c "import click"`'),
        )


if __name__ == "__main__":
    print(table([startup()]))
