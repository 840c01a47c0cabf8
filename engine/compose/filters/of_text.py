"""How a filter on texts takes in what is no text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from engine.compose.tags import printed

P = ParamSpec("P")
R = TypeVar("R")


def text_filter(function: Callable[Concatenate[str, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Hands the filter what would be printed: `true`, not `True`; nothing for nil."""

    @wraps(function)
    def filtered(value: Any, /, *args: P.args, **options: P.kwargs) -> R:
        return function("" if value is None else printed(value), *args, **options)

    return filtered
