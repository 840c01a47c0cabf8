"""A workspace to compose with, on the real plugins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine import plugins as loader
from engine.compose.build import composer
from engine.compose.composer import Composed, Composer, Recipient
from engine.compose.environment import MessageEnvironment
from engine.compose.rendering import Compiled
from engine.config.models import EngineConfig, Project, Workspace
from engine.plugins import Plugins
from engine.testing.context import plugin_context
from engine.types import Person

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
NAMES = ["sandbox", "phonenumbers", "shortlinks", "mms"]
SENDERS = {
    "main": {"number": "+14155550100", "kind": "long-code", "countries": ["US", "CA"], "mms": True},
    "brand": {"alphanumeric": "ACME", "countries": ["GB"]},
}

Make = Callable[..., Composer]
Render = Callable[..., str]


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return loader.load(NAMES)


@pytest.fixture
def project() -> Callable[..., Project]:
    """Makes a project of one workspace, `acme`, from plain data."""

    def make(
        templates: Mapping[str, Any] | None = None,
        *,
        people: Mapping[str, Any] | None = None,
        snippets: Mapping[str, str] | None = None,
        senders: Mapping[str, Any] = SENDERS,
        public_url: str = "",
        **settings: Any,
    ) -> Project:
        workspace = {
            "settings": {
                "name": "Acme Coffee",
                "business": {"country": "US", "website": "https://acme.example"},
                "audience": {"countries": ["US", "CA", "GB"]},
                "links": {"domain": "https://go.acme.example"},
                **settings,
            },
            "senders": senders,
            "templates": {name: as_template(one) for name, one in (templates or {}).items()},
            "snippets": snippets or {},
            "people": people or {},
        }
        engine = EngineConfig(engine=1, plugins=NAMES, public_url=public_url)
        return Project(engine=engine, workspaces={"acme": Workspace.model_validate(workspace)})

    return make


def as_template(one: str | Mapping[str, Any]) -> dict[str, Any]:
    """A template's data: its body alone is enough."""
    written = {"body": one} if isinstance(one, str) else one
    return {"purpose": "transactional", "sender": ["main", "brand"], **written}


@pytest.fixture
def make(project: Callable[..., Project], plugins: Plugins, tmp_path: Path) -> Make:
    """Makes a composer."""

    def build(templates: Mapping[str, Any] | None = None, **settings: Any) -> Composer:
        made = project(templates, **settings)
        return composer(made, "acme", plugins=plugins, context=lambda _: plugin_context(tmp_path))

    return build


@pytest.fixture
def compose(make: Make) -> Callable[..., Composed]:
    """Composes one template for one person, as a preview unless given an id."""

    def run(
        template: str | Mapping[str, Any],
        attributes: Mapping[str, Any] | None = None,
        *,
        number: str | None = None,
        data: Mapping[str, Any] | None = None,
        reply_from: str | None = None,
        message_id: str | None = None,
        **settings: Any,
    ) -> Composed:
        given = {"phone": "+14155550123", "first_name": "Ada"} if attributes is None else attributes
        person = Person("acme", "ada", None, given) if number is None else None
        recipient = Recipient(person, number=number, data=data or {}, reply_from=reply_from)
        return make({"t": template}, **settings).compose("t", recipient, message_id=message_id, now=NOW)

    return run


@pytest.fixture
def render() -> Render:
    """Renders a text alone."""

    def run(source: str, snippets: Mapping[str, str] | None = None, **names: Any) -> str:
        compiled = Compiled(MessageEnvironment(snippets or {}))
        roots: dict[str, object] = {"customer": {}, "trigger": {}, "event": {}, "workspace": {}, "message": {}}
        return compiled.render(source, {**roots, **names}, NOW)

    return run
