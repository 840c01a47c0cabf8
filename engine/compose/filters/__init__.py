"""Filters beside the standard ones: those that Customer.io offers, and safe versions of a few of the standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liquid import Environment

Filters = Mapping[str, Callable[..., Any]]


def register_filters(env: Environment) -> None:
    """Adds every filter. A name that python-liquid has too is replaced."""
    from engine.compose.filters import arrays, data, dates, digests, numbers, texts

    modules: tuple[ModuleType, ...] = (texts, numbers, arrays, dates, digests, data)
    for module in modules:
        for name, function in module.FILTERS.items():
            env.add_filter(name, function)
