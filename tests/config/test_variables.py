"""Variables, secrets and environments."""

from __future__ import annotations

import pytest
from config_folder import Config, place

from engine.config.load import load_engine
from engine.errors import ConfigError

ENGINE = "engine: 1\nplugins: [sandbox, twilio, phonenumbers, shortlinks]\n"
BUSINESS = "business: {country: US}\n"
TWILIO = "delivery:\n  provider: twilio\n  account_sid: ${SID}\n  auth_token: ${TOKEN}\n"
SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef" * 2  # nobody's


@pytest.mark.parametrize(
    ("written", "variables", "value"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("${A:-y}", {"A": "x"}, "x"),
        ("${A:-y}", {}, "y"),
        ("${A:-y}", {"A": ""}, "y"),  # as in Compose: empty counts as unset
        ("${A:-}", {}, ""),
        ("a${A}b${A:-}c", {"A": "-"}, "a-b-c"),
        ("${A:-${B}}", {"B": "y"}, "y"),  # as in Compose: another variable is the default
        ("${A:-a${B:-y}c}", {}, "ayc"),
        ("${A:-${B}}", {"A": "x"}, "x"),  # B is not needed
        ("$$5 and $${A}", {"A": "x"}, "$5 and ${A}"),
        ("$5 is $A", {"A": "x"}, "$5 is $A"),  # only braces are references
        ("${A}", {"A": "${B}"}, "${B}"),  # a value is not read again
        ("${A}", {"A": "no: [1"}, "no: [1"),  # nor as YAML
    ],
)
def test_references_become_texts(config: Config, written: str, variables: dict[str, str], value: str) -> None:
    config.write("workspace.yaml", f"name: x{written}x\n{BUSINESS}")
    assert config.load(variables=variables).require().workspaces["acme"].settings.name == f"x{value}x"


@pytest.mark.parametrize("written", ["${A", "${}", "${1}", "${A-x}", "${A:?no}", "${a.b}", "${A:-${B:-${C}}}"])
def test_a_reference_that_is_none_is_an_error(config: Config, written: str) -> None:
    config.write("workspace.yaml", f"name: '{written}'\n{BUSINESS}")
    assert (config.only().code, place(config.only())) == ("config.variable", (1, 7, 1, 9 + len(written)))


def test_a_reference_is_never_a_number(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}sending: {{concurrency: '${{N}}'}}\n")
    assert config.only(variables={"N": "5"}).code == "config.type"


@pytest.mark.parametrize("written", ["sending: {concurrency: '${N}'}", "quiet_hours: ${N}"])
def test_what_no_text_can_be_needs_no_variable_to_be_an_error(config: Config, written: str) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{written}\n")
    assert config.only().code == "config.type"


def test_a_variable_that_waits_as_a_default_is_noted_where_it_is_needed(config: Config) -> None:
    config.write("workspace.yaml", f"name: ${{A:-${{B}}}}\n{BUSINESS}")
    assert [unset.name for unset in config.load().unset] == ["B"]
    assert not config.load(variables={"A": "x"}).unset


def test_a_secret_is_no_default_either(config: Config) -> None:
    config.write("workspace.yaml", f"name: ${{A:-${{TOKEN}}}}\n{BUSINESS}{TWILIO}")
    assert config.codes(variables={"A": "x", "SID": SID}) == ["config.secret-elsewhere"]


def test_an_unset_variable_is_noted_and_nothing_more(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{TWILIO}links: {{domain: '${{DOMAIN}}'}}\n")
    loaded = config.load()
    assert loaded.findings == ()
    assert [(u.name, u.address, u.field, u.source.line) for u in loaded.unset] == [
        ("SID", "acme/workspace", "delivery.account_sid", 5),
        ("DOMAIN", "acme/workspace", "links.domain", 7),
    ]
    assert loaded.require().workspaces["acme"].settings.delivery.options["auth_token"] == "${TOKEN}"
    with pytest.raises(ConfigError) as caught:
        loaded.require(set_variables=True)
    assert [finding.code for finding in caught.value.findings] == ["config.unset-variable"] * 2


def test_a_value_that_must_be_something_falls_back_to_its_default(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}sending: {{lease: '${{LEASE}}', on_doubt: resend}}\n")
    sending = config.load().require().workspaces["acme"].settings.sending
    assert (sending.lease.total_seconds(), sending.on_doubt) == (120, "resend")


def test_a_required_one_leaves_only_a_warning(config: Config) -> None:
    config.write("workspace.yaml", "name: A\nbusiness: {country: '${COUNTRY}'}\n")
    loaded = config.load()
    assert [(f.code, str(f.severity), f.line) for f in loaded.findings] == [("config.unset-variable", "warning", 2)]
    assert config.findings(variables={"COUNTRY": "GB"}) == []
    assert config.only(variables={"COUNTRY": "XX"}).code == "config.country"


def test_the_engine_file_needs_its_variables(config: Config) -> None:
    config.write("config/engine.yaml", ENGINE + "state: ${STATE}\n")
    folder = config.folder / "config"
    with pytest.raises(ConfigError) as caught:
        load_engine(folder, environment=None, variables={})
    assert [finding.code for finding in caught.value.findings] == ["config.unset-variable"]
    found = load_engine(folder, environment=None, variables={"STATE": "sqlite:///x.db"})
    assert found.engine.state == "sqlite:///x.db"
    assert config.findings() == []


def test_the_engine_file_is_judged_alone(config: Config) -> None:
    config.write("senders.yaml", "senders: [\n")
    config.write("config/nonsense.yaml", "")
    assert load_engine(config.folder / "config", environment=None, variables={}).plugins.names


@pytest.mark.parametrize(
    "literal", ["12345", TOKEN, "${TOKEN:-" + TOKEN + "}", "x${TOKEN}", "${TOKEN}${TOKEN}", "[1]", '""']
)
def test_a_secret_is_a_reference_and_is_never_repeated(config: Config, literal: str) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{TWILIO.replace('${TOKEN}', literal)}")
    finding = config.only(variables={"SID": SID, "TOKEN": TOKEN})
    assert (finding.code, finding.line, finding.column) == ("config.secret-literal", 6, 15)
    assert "12345" not in finding.message + finding.hint
    assert TOKEN not in finding.message + finding.hint


def test_a_secret_is_used_nowhere_else(config: Config) -> None:
    config.write("workspace.yaml", f"name: A ${{TOKEN}}\n{BUSINESS}{TWILIO}")
    config.write("config/engine.yaml", ENGINE + "public_url: https://a.example/${TOKEN:-x}\n")
    found = config.findings(variables={"SID": SID, "TOKEN": TOKEN})
    assert [(f.code, f.file, f.line) for f in found] == [
        ("config.secret-elsewhere", "config/engine.yaml", 3),
        ("config.secret-elsewhere", "config/workspaces/acme/workspace.yaml", 1),
    ]
    assert TOKEN not in str(found)


def test_a_secret_is_used_nowhere_else_in_an_environment_that_is_not_chosen_either(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{TWILIO}")
    config.write("config/environments/other.yaml", "workspaces:\n  acme: {name: 'A ${TOKEN}'}\n")
    found = config.findings(variables={"SID": SID, "TOKEN": TOKEN})
    assert [(f.code, f.file, f.line) for f in found] == [
        ("config.secret-elsewhere", "config/environments/other.yaml", 2)
    ]


def test_a_value_from_a_variable_is_shown_as_it_is_written(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{TWILIO}")
    finding = config.only(variables={"SID": TOKEN})
    assert (finding.code, finding.line) == ("config.value", 5)
    assert TOKEN not in str(finding)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("config/engine.yaml", ENGINE + "state: postgresql://engine:hunter2@db.example/engine\n", (3, 8, 3, 53)),
        ("workspace.yaml", f"name: {TOKEN}\n{BUSINESS}", (1, 7, 1, 39)),
        ("senders.yaml", f"# {TOKEN}\nsenders:\n  support: {{alphanumeric: A}}\n", (1, 3, 1, 35)),
        ("people.yaml", 'people:\n  ada: {key: "AKIAIOSFODNN7EXAMPLE"}\n', (2, 14, 2, 36)),
        ("templates/x.liquid", f"---\npurpose: reply\nsender: support\n---\nx\nsk_live_{'a1' * 10}\n", (6, 1, 6, 29)),
        ("snippets/x.liquid", f"x ghp_{'a' * 36}\n", (1, 3, 1, 43)),
    ],
)
def test_a_literal_that_looks_like_a_secret_is_an_error(
    config: Config, name: str, text: str, where: tuple[int, ...]
) -> None:
    file = config.write(name, text)
    finding = config.only()
    assert (finding.code, finding.file, place(finding)) == ("config.secret-literal", file, where)


@pytest.mark.parametrize(
    "text",
    [
        f"pool: {{messaging_service: MG{'0123456789abcdef' * 2}}}",  # an identifier, longer by its two letters
        "pool: {messaging_service: MG0123456789abcdef0123456789abcdef, countries: [US]}",
    ],
)
def test_identifiers_are_no_secrets(config: Config, text: str) -> None:
    config.write("senders.yaml", f'senders:\n  support: {{number: "67076", kind: short-code}}\n  {text}\n')
    config.write("people.yaml", f"people:\n  ada: {{md5: {'0123456789abcdef' * 2}}}\n")
    assert config.findings() == []


def test_an_environment_is_merged_deeply_and_lists_replace(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}audience: {{countries: [US, CA], phone_attribute: tel}}\n")
    config.write(
        "config/environments/staging.yaml",
        "engine: {public_url: https://staging.example}\n"
        "workspaces:\n  acme:\n    audience: {countries: [GB]}\n    quiet_hours: null\n",
    )
    project = config.load("staging").require()
    settings = project.workspaces["acme"].settings
    assert project.engine.public_url == "https://staging.example"
    assert project.engine.plugins
    assert (settings.audience.countries, settings.audience.phone_attribute) == (["GB"], "tel")
    assert settings.quiet_hours is None
    assert config.load().require().workspaces["acme"].settings.quiet_hours is not None


def test_values_of_an_environment_keep_their_place(config: Config) -> None:
    file = config.write("config/environments/staging.yaml", "workspaces:\n  acme:\n    links: {domain: nowhere}\n")
    for environment in ("staging", None):
        finding = config.only(environment)
        assert (finding.code, finding.file, place(finding)) == ("config.url", file, (3, 21, 3, 28))
    source = config.load("staging").sources["acme/workspace#links.domain"]
    assert (source.file, source.line) == (file, 3)


def test_what_is_wrong_in_the_workspace_is_said_once(config: Config) -> None:
    for name in ("a", "b"):
        config.write(f"config/environments/{name}.yaml", "workspaces: {acme: {smart_encoding: true}}\n")
    config.write("workspace.yaml", "name: A\nbusiness: {country: UK}\n")
    assert config.codes() == config.codes("a") == ["config.country"]


def test_another_provider_takes_none_of_the_options(config: Config) -> None:
    config.write("workspace.yaml", f"name: A\n{BUSINESS}{TWILIO}")
    config.write("config/environments/dev.yaml", "workspaces: {acme: {delivery: {provider: sandbox}}}\n")
    config.write("config/environments/eu.yaml", "workspaces: {acme: {delivery: {region: ie1, edge: dublin}}}\n")
    assert config.load("dev").require().workspaces["acme"].settings.delivery.options == {}
    assert config.load("eu").require().workspaces["acme"].settings.delivery.options["auth_token"] == "${TOKEN}"


def test_an_environment_alone_can_hold_the_settings(config: Config) -> None:
    config.write("workspace.yaml", "")
    config.write("config/environments/a.yaml", f"workspaces:\n  acme:\n    name: A\n    {BUSINESS}")
    assert config.load("a").require().workspaces["acme"].settings.name == "A"
