"""The config language, from the models that are its definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from engine import plugins
from engine.config import conversations, models, settings_models
from engine.config.schema import model_schema

INTRODUCTION = """\
# The config

Every key of every file. `engine schema` prints the same as JSON Schema, for editors.
How files are laid out, and how they come together, stands in [the layout of a config](config-files.md).
"""
FROM_FILES = {"body", "languages"}
"""Fields of a template that are not written in its front matter: the text below it, and the files beside it."""


def page() -> str:
    """Gives the page."""
    parts = [INTRODUCTION]
    for title, model in (
        ("engine.yaml", models.EngineConfig),
        ("workspace.yaml", settings_models.WorkspaceConfig),
        ("senders.yaml", models.SendersFile),
        ("templates/*.liquid: front matter", models.Template),
        ("keywords.yaml", models.KeywordsFile),
        ("people.yaml", models.PeopleFile),
        ("tests/*.yaml", conversations.Conversation),
    ):
        parts.append(f"## {title}\n\n{(model.__doc__ or '').strip()}\n\n{_table(_rows(model))}\n")
    parts.append("## delivery, by provider\n\nWhat stands beside `provider` under `delivery:` in workspace.yaml.\n")
    for name, provider in plugins.load(plugins.names_installed()).providers.items():
        parts.append(f"### {name}\n\n{_table(_rows(provider.options_model)) or 'Nothing.'}\n")
    return "\n".join(parts)


def _rows(model: type[BaseModel]) -> list[tuple[str, str, str, str]]:
    schema = model_schema(model)
    rows = _walk(schema, schema.get("$defs", {}), "")
    return [row for row in rows if model is not models.Template or row[0].split(".")[0] not in FROM_FILES]


def _walk(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        inner = _resolve(field, definitions)
        default = _default(field, required=name in schema.get("required", ()))
        yield (
            f"{prefix}{name}",
            _type(field, definitions),
            default,
            field.get("description", inner.get("description", "")),
        )
        yield from (
            _walk(inner, definitions, f"{prefix}{name}.")
            if inner.get("properties")
            else _inside(inner, definitions, f"{prefix}{name}")
        )


def _inside(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    named = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    for inner, suffix in [*((one, ".NAME.") for one in named), (schema.get("items"), "[].")]:
        if isinstance(inner, dict):
            yield from _walk(_resolve(inner, definitions), definitions, prefix + suffix)


def _resolve(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Gives the part of a field that has keys of its own: behind a reference, or beside null."""
    if "$ref" in field:
        found: dict[str, Any] = definitions[field["$ref"].rpartition("/")[2]]
        return found
    for key in ("anyOf", "oneOf", "allOf"):
        for choice in field.get(key, ()):
            inner = _resolve(choice, definitions)
            if any(inner.get(key) for key in ("properties", "items", "additionalProperties", "patternProperties")):
                return inner
    return field


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in field:
        field = definitions[field["$ref"].rpartition("/")[2]]
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "object" or "properties" in field:
        return "mapping"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in field:
            return " or ".join(dict.fromkeys(_type(choice, definitions) for choice in field[key]))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}), definitions)}"
    if field.get("pattern", "").startswith(r"^\$\{"):
        return "`${NAME}` (a secret)"
    if "examples" in field:
        return "like " + " or ".join(f"`{example}`" for example in field["examples"])
    return {"string": "text", "integer": "whole number", "boolean": "`true` or `false`", "null": "`null`"}.get(
        field.get("type", ""), "anything"
    )


def _default(field: dict[str, Any], *, required: bool) -> str:
    if required:
        return "**required**"
    value = field.get("default")
    if isinstance(value, dict) or value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list):
        return f"`[{', '.join(str(item) for item in value)}]`"
    return f"`{value}`" if value != "" else "empty"


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    if not rows:
        return ""
    lines = ["| key | value | default | |", "| --- | --- | --- | --- |"]
    lines += [f"| `{key}` | {kind} | {default} | {words} |" for key, kind, default, words in rows]
    return "\n".join(lines)
