"""Hooks and contracts, from their signatures and docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from engine import contracts, hookspecs, store

INTRODUCTION = """\
# Hooks and contracts

What a plugin can implement. [How to write a plugin](../how-to/write-a-plugin.md) begins with the smallest one.

No hook stops at a first result, and no result depends on the order of plugins. Where one must act, plugins
register named classes and the config chooses one by name; two of one name are an error.
Where all are asked, their answers are a set.
"""
CONTRACTS_INTRODUCTION = """\
Base classes. A plugin object is built from its validated options and a context, and is used until the command
ends. `engine.testing` holds a conformance suite for each: inherit from it in your tests.
"""


def page() -> str:
    """Gives the page."""
    parts = [INTRODUCTION, "## Hooks\n"]
    parts += [f"### {name}\n\n{_signature(hook)}\n\n{_words(hook)}\n" for name, hook in hooks().items()]
    parts += ["## Contracts\n", CONTRACTS_INTRODUCTION]
    for cls in (
        contracts.PluginContext,
        contracts.Provider,
        contracts.Shortener,
        contracts.NumberNormaliser,
        store.Store,
    ):
        parts.append(f"### {cls.__name__}\n\n{_words(cls)}\n")
        if cls is contracts.PluginContext:
            parts.append(_signature(cls) + "\n")
        parts += [f"{_signature(method)}\n\n{_words(method)}\n" for method in methods(cls).values()]
    return "\n".join(parts)


def hooks() -> dict[str, Callable[..., Any]]:
    """Gives every hook specification by name, in the order of the source."""
    marker = f"{hookspecs.GROUP}_spec"
    return {
        name: value for name, value in vars(hookspecs).items() if inspect.isfunction(value) and hasattr(value, marker)
    }


def methods(cls: type) -> dict[str, Callable[..., Any]]:
    """Gives the methods that a class and the parts of Engine it is made of define, in the order of the source."""
    found: dict[str, Callable[..., Any]] = {}
    for part in cls.__mro__:
        for name, value in vars(part).items() if part.__module__.startswith("engine.") else ():
            function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            if inspect.isfunction(function) and (not name.startswith("_")):
                found.setdefault(name, function)
    return found


def _signature(of: Callable[..., Any]) -> str:
    if inspect.isclass(of):
        text = f"class {of.__name__}{inspect.signature(of)}".removesuffix(" -> None")
    else:
        text = f"{'async ' if inspect.iscoroutinefunction(of) else ''}def {of.__name__}{inspect.signature(of)}"
    return "```python\n" + text.replace("'", "") + "\n```"


def _words(of: object) -> str:
    words = inspect.getdoc(of)
    if not words:
        raise ValueError(f"{of!r} has no docstring")
    return words
