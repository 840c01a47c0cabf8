"""Runs every benchmark, prints the table, writes docs/reference/benchmarks.md. Exit code 1 where a target is missed."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.pairs import table
from benchmarks.startup import startup
from benchmarks.validate import validate

PAGE = Path(__file__).parent.parent / "docs/reference/benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Whole processes, imports and all, in turns with the peer on the same machine; medians. Read the ratios:
milliseconds differ from machine to machine. `make bench` measures anew and writes this page.

"""


def main() -> int:
    """Returns 0 where every target is met."""
    results = [startup(), validate()]
    peers = ", ".join(f"{name} {version(name)}" for name in ("click", "PyYAML", "python-liquid"))
    runs = " and ".join(str(result.runs) for result in results)
    page = f"{INTRODUCTION}{table(results)}\n\n{runs} runs. Python {platform.python_version()}, {peers}.\n"
    PAGE.write_text(page, encoding="utf-8")
    print(table(results))
    return 0 if all(result.kept for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
