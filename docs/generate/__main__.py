"""Writes the reference pages that are made from the code; with --check, only names what is out of date."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.generate import api, cli, codes, config, hooks, plan

REFERENCE = Path(__file__).parent.parent / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "api.md": api.page,
    "cli.md": cli.page,
    "codes.md": codes.page,
    "config.md": config.page,
    "hooks.md": hooks.page,
    "plan.md": plan.page,
    "plan.schema.json": plan.schema,
}


def main(arguments: list[str]) -> int:
    """Returns 1 where --check finds a page out of date."""
    old = []
    for name, page in PAGES.items():
        path = REFERENCE / name
        text = page().rstrip() + "\n"
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    for name in old:
        print(f"docs/reference/{name} {'is out of date: make docs' if '--check' in arguments else 'written'}")
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
