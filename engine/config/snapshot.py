"""A project as plain data by address: what a plan compares, what a release keeps, what plugins look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.config.lazy import Lazy, plain_of
from engine.config.models import ConsentConfig, EngineConfig, Keyword, Project, SenderConfig, Template, Topic, Workspace
from engine.config.settings_models import WorkspaceConfig
from engine.types import ConfigView, Json, Source

_NOT_RELEASED = {"samples"}
"""Samples are for whoever reads the config; what is sent does not depend on them."""


def snapshot(project: Project) -> dict[str, dict[str, Json]]:
    """Gives every object of a project by address, defaults filled in.

    People, samples and the address of the state are left out: no message depends on them. Secrets stay `${NAME}`.
    """
    found = {"engine": plain_of(project.engine, {"state"})}
    for name, workspace in project.workspaces.items():
        found[f"{name}/workspace"] = plain_of(workspace.settings)
        found[f"{name}/consent"] = plain_of(workspace.consent)
        # A mapping has no order in JSON, and keyword rules are tried in the order of the file.
        found[f"{name}/keywords"] = {"order": list(workspace.keywords)}
        for kind, objects in (
            ("sender", workspace.senders),
            ("keyword", workspace.keywords),
            ("topic", workspace.topics),
        ):
            for key, value in objects.items():
                found[f"{name}/{kind}/{key}"] = plain_of(value, _NOT_RELEASED)
        for key in workspace.templates:
            found[f"{name}/template/{key}"] = _without_samples(workspace.templates.plain(key))
        for key, text in workspace.snippets.items():
            found[f"{name}/snippet/{key}"] = {"body": text}
    return found


def restore(objects: Mapping[str, Mapping[str, Json]]) -> Project:
    """Gives the project that a snapshot was taken of, without what a snapshot leaves out."""
    kinds: dict[str, dict[str, dict[str, Any]]] = {}
    for address, data in objects.items():
        workspace, _, rest = address.partition("/")
        kind, _, name = rest.partition("/")
        if kind:
            kinds.setdefault(workspace, {}).setdefault(kind, {})[name] = data
    workspaces = {
        name: Workspace(
            settings=WorkspaceConfig.model_validate(found["workspace"][""]),
            senders={key: SenderConfig.model_validate(data) for key, data in found.get("sender", {}).items()},
            templates=Lazy(Template, found.get("template")),
            snippets={key: data["body"] for key, data in found.get("snippet", {}).items()},
            keywords=_keywords(found),
            consent=ConsentConfig.model_validate(found.get("consent", {}).get("", {})),
            topics={key: Topic.model_validate(data) for key, data in found.get("topic", {}).items()},
        )
        for name, found in kinds.items()
        if "workspace" in found
    }
    return Project(engine=EngineConfig.model_validate(objects["engine"]), workspaces=workspaces)


def view(project: Project, sources: Mapping[str, Source]) -> ConfigView:
    """Gives what plugins see of a config: plain data, secrets by name only."""
    return ConfigView(
        workspaces={
            name: {
                "workspace": plain_of(workspace.settings),
                "senders": {key: plain_of(value) for key, value in workspace.senders.items()},
                "templates": {key: workspace.templates.plain(key) for key in workspace.templates},
                "keywords": {key: plain_of(value) for key, value in workspace.keywords.items()},
                "topics": {key: plain_of(value) for key, value in workspace.topics.items()},
            }
            for name, workspace in project.workspaces.items()
        },
        sources=sources,
    )


def _keywords(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Keyword]:
    rules = found.get("keyword", {})
    order = found.get("keywords", {}).get("", {}).get("order", list(rules))
    return {key: Keyword.model_validate(rules[key]) for key in order if key in rules}


def _without_samples(template: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in template.items() if key not in _NOT_RELEASED}
