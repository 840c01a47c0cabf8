"""The codes of findings and reasons, collected from the source of the engine and its plugins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CODE = re.compile(
    r"^(config|yaml|engine|workspace|template|snippet|sender|senders|keyword|people|person|number|media|links?|consent|country|sending|message|plugin|provider|state|account|twilio|sandbox|variable|secret|file|test)\.[a-z][a-z0-9-]*$"
)


def page() -> str:
    """Gives the page."""
    return ""


def codes() -> dict[str, set[str]]:
    """Gives every code with the files that raise it."""
    found: dict[str, set[str]] = {}
    for path in sorted([*ROOT.glob("engine/**/*.py"), *ROOT.glob("plugins/*/engine_*/**/*.py")]):
        for code in _codes(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(code, set()).add(path.relative_to(ROOT).as_posix())
    return dict(sorted(found.items()))


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value):
            yield node.value
