"""Webhooks in workspace.yaml, and the rules that call them."""

from __future__ import annotations

import pytest
from config_folder import Config, place

from engine.config.settings_models import Webhook
from engine.config.snapshot import restore, snapshot
from engine.types import SecretRef

NAME = "name: Acme Coffee\nbusiness: {country: US}\n"
CRM = NAME + "webhooks:\n  crm: {url: %s, secret: '${CRM_SECRET}'}\n"
CALLS = "keywords:\n  join: {words: [join], call: crm}\n"


def test_a_rule_calls_a_webhook_whose_secret_is_a_reference(config: Config) -> None:
    config.write("workspace.yaml", CRM % "https://crm.acme.example/texts")
    config.write("keywords.yaml", CALLS)
    loaded = config.load()
    assert loaded.findings == ()
    project = loaded.require(set_variables=True)  # a secret's variable is needed by nobody but who signs
    objects = snapshot(project)
    assert objects["acme/workspace"]["webhooks"]["crm"]["secret"] == ["${CRM_SECRET}"]
    restored = restore(objects).workspaces["acme"]
    expected = Webhook(url="https://crm.acme.example/texts", secret=[SecretRef("CRM_SECRET")])
    assert (restored.settings.webhooks, restored.keywords["join"].call) == ({"crm": expected}, "crm")


def test_several_secrets_sign_while_one_is_rotated(config: Config) -> None:
    config.write(
        "workspace.yaml",
        NAME + "webhooks:\n  crm:\n    url: ${CRM_URL:-https://crm.acme.example}\n    secret: ['${NEW}', '${OLD}']\n",
    )
    webhook = config.load().require().workspaces["acme"].settings.webhooks["crm"]
    assert (webhook.url, webhook.secret) == ("https://crm.acme.example", [SecretRef("NEW"), SecretRef("OLD")])


def test_a_secret_never_stands_in_the_config_and_is_not_repeated(config: Config) -> None:
    config.write("workspace.yaml", NAME + "webhooks:\n  crm: {url: https://crm.example, secret: whsec_c2VjcmV0}\n")
    found = config.only()
    assert found.code == "config.secret-literal"
    assert "whsec" not in found.message
    assert place(found) == (4, 43, 4, 57)


def test_a_secret_has_no_other_use(config: Config) -> None:
    config.write("workspace.yaml", CRM % "'https://crm.acme.example/${CRM_SECRET}'")
    assert "config.secret-elsewhere" in config.codes(variables={"CRM_SECRET": "whsec_x"})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://crm.acme.example/", "config.url"),
        ("crm.acme.example", "config.url"),
        ("https://user:word@crm.acme.example/", "config.secret-literal"),  # a password is worse than a user name
        ("https://user@crm.acme.example/", "webhook.address"),
        ("https://crm.acme.example:8443/", "webhook.address"),
        ("http://127.0.0.1:8000/", "webhook.address"),
        ("https://localhost/", "webhook.address"),
        ("https://10.0.0.1/", "webhook.address"),
        ("https://[fe80::1]/", "webhook.address"),
    ],
)
def test_addresses_that_are_never_called(config: Config, url: str, code: str) -> None:
    config.write("workspace.yaml", CRM % f"'{url}'")
    assert code in config.codes()


def test_this_machine_is_called_where_engine_yaml_says_so(config: Config) -> None:
    config.write("config/engine.yaml", "engine: 1\nplugins: [sandbox, phonenumbers]\nlocal_webhooks: true\n")
    config.write("workspace.yaml", CRM % "http://127.0.0.1:8000/texts")
    assert config.codes() == []
    config.write("workspace.yaml", CRM % "http://10.0.0.1:8000/texts")
    assert config.codes() == ["config.url"]


def test_a_webhook_that_is_not_there(config: Config) -> None:
    config.write("workspace.yaml", CRM % "https://crm.acme.example/texts")
    config.write("keywords.yaml", "keywords:\n  join: {words: [join], call: crn}\n")
    found = config.only()
    assert (found.code, found.address, place(found)) == ("ref.unknown-webhook", "acme/keyword/join", (2, 31, 2, 34))
    assert "crm" in found.hint


def test_a_template_that_is_not_there_is_not_started(config: Config) -> None:
    config.write("keywords.yaml", "keywords:\n  join: {words: [join], start: {template: club/welcom, after: 10m}}\n")
    found = config.only()
    assert (found.code, found.line, found.column) == ("ref.unknown-template", 2, 43)
    config.write("keywords.yaml", "keywords:\n  join: {words: [join], start: {after: 10m}}\n")
    assert config.codes() == ["config.missing"]
