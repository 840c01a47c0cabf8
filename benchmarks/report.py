"""Runs every benchmark and writes docs/reference/benchmarks.md. Exit code 1 where a target is missed."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.conversations import conversations
from benchmarks.delivery import delivery
from benchmarks.measures import measures_table
from benchmarks.pairs import table
from benchmarks.plans import plans
from benchmarks.redirects import redirects
from benchmarks.startup import startup
from benchmarks.validate import validate
from benchmarks.webhooks import webhooks

PAGE = Path(__file__).parent.parent / "docs/reference/benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Whole processes, in turns with the peer on the same machine; medians. Read the ratios: milliseconds and messages a
second differ from machine to machine, and with what else the machine does. `make bench` measures anew and
writes this page.

## The command line

"""
DELIVERY = """
## Delivery

The provider is a small server in a process of its own that answers every message after 100 ms; both sides talk to the
same one. SQLite on disk, each commit before a call synced.

"""
CONVERSATIONS = """
## Conversation tests

A test of ten steps, each with its answer delivered and compared, against its texts over HTTP to `engine serve`, which
only takes them in.

"""
WEB = """
## The web server

Against the same server, uvicorn, answering an empty 204 to the same clients. Every click and every text is in
the state at the end.

"""


def main() -> int:
    """Returns 0 where every target is met."""
    results = [startup(), validate(), *plans()]
    measures, tests, web = delivery(), conversations(), [redirects(), *webhooks()]
    peers = ("click", "PyYAML", "python-liquid", "aiohttp", "twilio", "uvicorn")
    versions = ", ".join(f"{name} {version(name)}" for name in peers)
    runs = ", ".join(dict.fromkeys(str(result.runs) for result in results))
    page = (
        f"{INTRODUCTION}{table(results)}\n\n{runs} runs.\n{DELIVERY}{measures_table(measures)}\n"
        f"{CONVERSATIONS}{measures_table(tests)}\n{WEB}{measures_table(web)}\n\n"
        f"Python {platform.python_version()}, {versions}.\n"
    )
    PAGE.write_text(page, encoding="utf-8")
    print(table(results), measures_table(measures), measures_table(tests), measures_table(web), sep="\n\n")
    kept = all(result.kept for result in results) and all(measure.kept for measure in (*measures, *tests, *web))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
