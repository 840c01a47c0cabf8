"""A project as plain data, and back; and the schemas that describe its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from config_folder import Config
from jsonschema import Draft202012Validator

from engine import plugins
from engine.config.load import load
from engine.config.schema import KINDS, schema, schemas
from engine.config.snapshot import restore, snapshot, view
from engine.config.text import Report
from engine.config.yamlfile import Document

SETTINGS = {"name": "A", "business": {"country": "US"}}
DELIVERY = "delivery: {provider: twilio, account_sid: '${SID}', auth_token: '${TOKEN}'}\n"
ROOT = Path(__file__).parent.parent.parent
FILES = {
    "engine": ["engine.yaml"],
    "environment": ["environments/*.yaml"],
    "workspace": ["workspaces/*/workspace.yaml"],
    "senders": ["workspaces/*/senders.yaml"],
    "keywords": ["workspaces/*/keywords.yaml"],
    "people": ["workspaces/*/people.yaml"],
    "tests": ["workspaces/*/tests/*.yaml"],
}


def test_a_snapshot_is_json_and_comes_back() -> None:
    project = load(ROOT / "config", environment=None, variables={}).require()
    objects = snapshot(project)
    copied = json.loads(json.dumps(objects, sort_keys=True))
    assert copied == objects
    back = restore(copied)
    assert snapshot(back) == objects
    for name, workspace in project.workspaces.items():
        assert list(back.workspaces[name].keywords) == list(workspace.keywords)
        assert back.workspaces[name].settings == workspace.settings


def test_it_leaves_out_what_no_message_depends_on(config: Config) -> None:
    config.write("templates/x.liquid", "---\npurpose: reply\nsender: support\nsamples: [ada]\n---\nx\n")
    objects = snapshot(config.load().require())
    assert "state" not in objects["engine"]
    assert "samples" not in objects["acme/template/x"]
    assert set(objects) == {
        "engine",
        "acme/workspace",
        "acme/consent",
        "acme/keywords",
        "acme/sender/support",
        "acme/template/club/welcome",
        "acme/template/x",
    }


def test_it_keeps_secrets_by_name_and_others_by_value(config: Config) -> None:
    config.write(
        "workspace.yaml",
        "name: A\nbusiness: {country: US}\n" + DELIVERY,
    )
    variables = {"SID": "AC" + "0" * 32, "TOKEN": "hush"}
    loaded = config.load(variables=variables)
    delivery = snapshot(loaded.require())["acme/workspace"]["delivery"]
    assert delivery == {"provider": "twilio", "account_sid": variables["SID"], "auth_token": "${TOKEN}"}
    shown = view(loaded.require(), loaded.sources)
    assert "hush" not in json.dumps(shown.workspaces["acme"])
    assert list(shown.workspaces["acme"]) == ["workspace", "senders", "templates", "keywords", "topics"]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return schemas(plugins.load(["sandbox", "twilio"]))


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_of_the_2020_draft(made: dict[str, Any], kind: str) -> None:
    assert made[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(made[kind])


@pytest.mark.parametrize("kind", FILES)
def test_the_example_fits_them(made: dict[str, Any], kind: str) -> None:
    paths = [path for pattern in FILES[kind] for path in ROOT.glob(f"config/{pattern}")]
    assert paths
    for path in paths:
        data = Document(path.read_text(encoding="utf-8"), str(path), Report()).data
        assert [error.message for error in Draft202012Validator(made[kind]).iter_errors(data)] == []


def test_front_matter_of_the_example_fits(made: dict[str, Any]) -> None:
    paths = [path for path in ROOT.glob("config/workspaces/*/templates/**/*.liquid") if "." not in path.stem]
    assert paths
    for path in paths:
        front = path.read_text(encoding="utf-8").split("---\n")[1]
        data = Document(front, str(path), Report()).data
        assert [error.message for error in Draft202012Validator(made["template"]).iter_errors(data)] == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("engine", {"engine": 2, "plugins": []}),
        ("engine", {"engine": 1}),
        ("senders", {"senders": {"a": {"number": 5}}}),
        ("senders", {"senders": {"A B": {}}}),
        ("workspace", {"name": "A", "business": {"country": "us"}}),
        ("workspace", {**SETTINGS, "delivery": {"provider": "sandbox", "x": 1}}),
        ("workspace", {**SETTINGS, "delivery": {"provider": "twilio", "auth_token": "x"}}),
        ("template", {"purpose": "reply", "sender": "a", "body": "x"}),
        ("template", {"purpose": "reply", "sender": "a", "samples": [{"data": {}}]}),
        ("environment", {"workspaces": {"acme": {"nme": "A"}}}),
        ("tests", [{"name": "x", "steps": []}]),
    ],
)  # fmt: skip
def test_they_refuse_what_validation_refuses(made: dict[str, Any], kind: str, data: Any) -> None:
    assert list(Draft202012Validator(made[kind]).iter_errors(data))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("workspace", {"name": "${NAME}", "business": {"country": "${COUNTRY:-US}"}}),
        ("workspace", {"name": "A", "business": {"country": "US"}, "sending": {"lease": "${LEASE}"}}),
        ("template", {"purpose": "reply", "sender": ["a"], "samples": ["ada", {"person": "bob"}, {"name": "x"}]}),
        ("environment", {"engine": {"state": "x"}, "workspaces": {"acme": {"delivery": {"provider": "sandbox"}}}}),
    ],
)
def test_they_take_what_validation_takes(made: dict[str, Any], kind: str, data: Any) -> None:
    assert [error.message for error in Draft202012Validator(made[kind]).iter_errors(data)] == []


def test_without_plugins_any_options_fit() -> None:
    data = {"name": "A", "business": {"country": "US"}, "delivery": {"provider": "other", "x": 1}}
    assert not list(Draft202012Validator(schema("workspace", None)).iter_errors(data))
