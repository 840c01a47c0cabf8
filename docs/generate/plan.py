"""The JSON of a plan, from its schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.config.schema import DIALECT
from engine.reconcile.schema import plan_schema

INTRODUCTION = """\
# The JSON of a plan

What `engine plan --format json` and `--report json=FILE` give. Version 1: fields may be added, so take no notice of
those that you do not know; none goes away or changes its meaning. [Its JSON Schema](plan.schema.json) is what
`engine schema --kind plan` prints.
"""


def schema() -> str:
    """Gives the schema itself, as `engine schema --kind plan` prints it."""
    return json.dumps({"$schema": DIALECT, **plan_schema()}, ensure_ascii=False, indent=2)


def page() -> str:
    """Gives the page."""
    schema = plan_schema()
    parts = [INTRODUCTION, _table(schema)]
    for name, inner in schema["$defs"].items():
        parts.append(f"## {name}\n\n{inner['description']}\n\n{_table(inner)}")
    return "\n".join(parts)


def _table(schema: dict[str, Any]) -> str:
    rows = ["| field | what it holds | |", "| --- | --- | --- |"]
    for name, field in schema["properties"].items():
        rows.append(f"| `{name}` | {' or '.join(_types(field))} | {field.get('description', '')} |")
        for inner, value in field.get("properties", {}).items():
            rows.append(f"| `{name}.{inner}` | {' or '.join(_types(value))} | {value['description']} |")
    return "\n".join(rows) + "\n"


def _types(field: dict[str, Any]) -> Iterator[str]:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        yield f"[{name}](#{name})"
    elif "anyOf" in field:
        for choice in field["anyOf"]:
            yield from _types(choice)
    elif "const" in field or "enum" in field:
        values = [field["const"]] if "const" in field else field["enum"]
        yield ", ".join("null" if value is None else f"`{value}`" for value in values)
    elif field["type"] == "array":
        yield f"list of {' or '.join(_types(field['items']))}"
    else:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        yield from ("text" if kind == "string" else kind for kind in kinds)
