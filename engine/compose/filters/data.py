"""Filters between texts and data."""

from __future__ import annotations

import json
from typing import Any

from liquid.exceptions import FilterError

from engine.compose.filters.of_text import text_filter


def to_json(value: object, indent: object = None) -> str:
    """Gives a value as JSON; indented by so many spaces, where they are given."""
    width = indent if isinstance(indent, int) and 0 < indent <= 8 else None
    try:
        return json.dumps(value, ensure_ascii=False, indent=width)
    except (TypeError, ValueError) as error:
        raise FilterError("this cannot be written as JSON", token=None) from error


@text_filter
def from_json(text: str) -> Any:
    """Gives the data that a JSON text holds."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise FilterError("this is not JSON", token=None) from error


FILTERS = {"from_json": from_json, "json": to_json, "to_json": to_json}
