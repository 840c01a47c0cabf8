"""JSON Schemas (draft 2020-12) of the config's files, made of the models, for editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from engine.config.base import NAME
from engine.config.conversations import Conversation
from engine.config.models import EngineConfig, KeywordsFile, PeopleFile, SendersFile, Template
from engine.config.settings_models import WorkspaceConfig
from engine.config.values import print_duration
from engine.contracts import Provider
from engine.plugins import Plugins

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
REFERENCE = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"

KINDS: Mapping[str, str] = {
    "engine": "engine.yaml",
    "environment": "environments/*.yaml",
    "workspace": "workspaces/*/workspace.yaml",
    "senders": "workspaces/*/senders.yaml",
    "keywords": "workspaces/*/keywords.yaml",
    "people": "workspaces/*/people.yaml",
    "template": "front matter of workspaces/*/templates/**/*.liquid",
    "tests": "workspaces/*/tests/*.yaml",
}
"""Kind of schema → the files that it is for."""


def schemas(plugins: Plugins | None) -> dict[str, Schema]:
    """Gives every schema by kind. With plugins, `delivery` has the options of the providers that they offer."""
    return {kind: schema(kind, plugins) for kind in KINDS}


def schema(kind: str, plugins: Plugins | None) -> Schema:
    """Gives the schema of one kind of file."""
    makers: Mapping[str, Callable[[], Schema]] = {
        "engine": lambda: _with_references(model_schema(EngineConfig)),
        "environment": lambda: _environment(plugins),
        "workspace": lambda: _with_references(_workspace(plugins)),
        "senders": lambda: model_schema(SendersFile),
        "keywords": lambda: model_schema(KeywordsFile),
        "people": lambda: model_schema(PeopleFile),
        "template": _template,
        "tests": lambda: TypeAdapter(list[Conversation]).json_schema(),
    }
    made: Schema = _closed(makers[kind]())
    return {"$schema": DIALECT, "title": KINDS[kind], **made}


class _AsWritten(GenerateJsonSchema):
    """Prints defaults as they would stand in a file: pydantic would print durations as ISO 8601."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return print_duration(dft)
        if isinstance(dft, list):
            return [self.encode_default(item) for item in dft]
        return super().encode_default(dft)


def model_schema(model: type[BaseModel], ref_template: str = "#/$defs/{model}") -> Schema:
    """Gives the schema of one model."""
    found = model.model_json_schema(by_alias=True, ref_template=ref_template, schema_generator=_AsWritten)
    found.pop("title", None)
    return found


def _template() -> Schema:
    found = model_schema(Template)
    for name in ("body", "languages"):
        del found["properties"][name]
    found["required"] = [name for name in found["required"] if name != "body"]
    found["$defs"].pop("TemplateText", None)
    return found


def _workspace(plugins: Plugins | None) -> Schema:
    found = model_schema(WorkspaceConfig)
    providers = plugins.providers if plugins is not None else {}
    if providers:
        defs = found["$defs"]
        defs["Delivery"] = {
            "description": "How messages leave.",
            "anyOf": [_provider(name, provider, defs) for name, provider in providers.items()],
        }
    return found


def _provider(name: str, provider: type[Provider[Any]], defs: Schema) -> Schema:
    options = model_schema(provider.options_model, f"#/$defs/{name}.{{model}}")
    defs.update({f"{name}.{key}": value for key, value in options.pop("$defs", {}).items()})
    required = options.get("required", [])
    return {
        "title": name,
        "type": "object",
        "properties": {"provider": {"const": name}, **options.get("properties", {})},
        # `sandbox` is the default, so it alone need not be named.
        "required": required if name == "sandbox" else ["provider", *required],
        "additionalProperties": False,
    }


def _environment(plugins: Plugins | None) -> Schema:
    engine, workspace = model_schema(EngineConfig), _workspace(plugins)
    defs = {**engine.pop("$defs", {}), **workspace.pop("$defs", {})}
    names = {"type": "object", "patternProperties": {NAME: workspace}, "additionalProperties": False}
    found: Schema = {
        "description": "What is laid over engine.yaml and each workspace.yaml in this environment.",
        "type": "object",
        "properties": {"engine": engine, "workspaces": names},
        "additionalProperties": False,
        "$defs": defs,
    }
    laid: Schema = _with_references(_without_required(found))
    return laid


def _closed(node: Any) -> Any:
    """Where keys must look like names, other keys are refused."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {"additionalProperties": False} if "patternProperties" in node else {}
    return closed | {key: _closed(value) for key, value in node.items()}


def _without_required(node: Any) -> Any:
    """An environment holds only what differs."""
    if isinstance(node, dict):
        return {
            key: _without_required(value)
            for key, value in node.items()
            if not (key == "required" and isinstance(value, list))
        }
    return [_without_required(item) for item in node] if isinstance(node, list) else node


def _with_references(node: Any) -> Any:
    """Lets `${NAME}` stand wherever a text of some form is asked for."""
    if isinstance(node, list):
        return [_with_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    is_text = node.get("type") == "string" or isinstance(node.get("const"), str)
    limits = {"pattern", "enum", "const", "minLength", "maxLength"} & node.keys()
    if is_text and limits and "$" not in str(node.get("pattern", ""))[:3]:
        kept = {key: value for key, value in node.items() if key in ("title", "description", "default", "examples")}
        rest = {key: value for key, value in node.items() if key not in kept}
        return {**kept, "anyOf": [rest, {"type": "string", "pattern": REFERENCE}]}
    return {key: _with_references(value) for key, value in node.items()}
