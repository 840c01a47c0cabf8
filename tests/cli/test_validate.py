"""engine validate: every finding, for people, programs, GitHub and scanners."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

SENDERS = "config/workspaces/acme/senders.yaml"
TRAP = "senders:\n  support:\n    number: +14155550100\n    kind: long-code\n"
KEYS = {
    "code", "severity", "file", "line", "column", "end_line", "end_column", "address", "message", "hint",
}  # fmt: skip

# What the standard asks of a log (SARIF 2.1.0, sections 3.13 to 3.30) of the kind that we write.
POSITIVE = {"type": "integer", "minimum": 1}
REGION = {
    "properties": {"startLine": POSITIVE, "startColumn": POSITIVE, "endLine": POSITIVE, "endColumn": POSITIVE},
    "required": ["startLine"],
    "additionalProperties": False,
}
SARIF: dict[str, Any] = {
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "level"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "locations": {
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {"region": REGION},
                                            }
                                        }
                                    }
                                },
                            },
                        }
                    },
                },
            }
        },
    },
}


def test_a_good_config(engine: Any) -> None:
    assert engine.json("validate", "--strict") == {"version": 1, "valid": True, "findings": []}
    assert engine.run("validate") == "valid: 1 workspace, 1 template\n"
    assert engine.run("validate", "--format", "github") == ""


def test_json_has_the_place_of_the_value(engine: Any) -> None:
    engine.write(SENDERS, TRAP)
    got = engine.json("validate", code=3)
    assert got["valid"] is False
    (finding,) = got["findings"]
    assert finding.keys() == KEYS
    assert (finding["line"], finding["column"], finding["end_line"], finding["end_column"]) == (3, 13, 3, 25)
    assert (finding["file"], finding["address"]) == (SENDERS, "acme/sender/support")
    assert (finding["code"], finding["severity"]) == ("yaml.unquoted-number", "error")


def test_text_is_as_compilers_write_it(engine: Any) -> None:
    engine.write(SENDERS, TRAP)
    lines = engine.run("validate", code=3).splitlines()
    assert lines[0].startswith(f"{SENDERS}:3:13: error: ")
    assert lines[-1] == "1 error"


def test_findings_of_files_and_of_liquid_come_together(engine: Any) -> None:
    engine.write(SENDERS, TRAP + "colour: red\n")
    engine.write("config/workspaces/acme/templates/x.liquid", "---\npurpose: reply\nsender: support\n---\n{% fo %}\n")
    codes = {finding["code"] for finding in engine.json("validate", code=3)["findings"]}
    assert {"yaml.unquoted-number", "config.unknown-key"} < codes
    assert any(code.startswith("template.") for code in codes)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("config/engine.yaml", "engine: 2\nplugins: [sandbox, phonenumbers]\n", "config.value"),
        ("config/workspaces/acme/workspace.yaml", "name: [\n", "yaml.syntax"),
        ("config/workspaces/acme/workspace.yaml", "name: A\nbusiness: {country: XX}\n", "config.country"),
        ("config/workspaces/acme/workspace.yaml", "name: A\nbusiness: {country: us}\n", "config.value"),
        ("config/workspaces/acme/templates/bad.liquid", "---\npurpose: x\n---\n{{ 1 | upcse }}\n", "config.value"),
        ("config/workspaces/acme/templates/bad.liquid", "---\npurpose: [\n---\n{{ 1 | upcse }}\n", "yaml.syntax"),
        ("config/workspaces/acme/templates/bad.es.liquid", "---\nto: [x]\n---\n{{ 1 | upcse }}\n", "config.type"),
    ],
)
def test_the_liquid_beside_what_is_wrong_is_looked_at_all_the_same(
    engine: Any, name: str, text: str, code: str
) -> None:
    bad = "config/workspaces/acme/templates/bad.liquid"
    engine.write(bad, "---\npurpose: reply\nsender: support\n---\n{{ 1 | upcse }}\n")
    engine.write(name, text)
    codes = {(finding["file"], finding["code"]) for finding in engine.json("validate", code=3)["findings"]}
    liquid = name if name.endswith(".liquid") else bad
    assert {(name, code), (liquid, "template.unknown-filter")} <= codes


def test_warnings_fail_only_where_that_is_asked_for(engine: Any) -> None:
    engine.write("config/workspaces/acme/keywords.yaml", "keywords: {a: {words: [STOP]}}\n")
    assert engine.json("validate")["valid"] is True
    assert engine.json("validate", "--strict", code=3)["valid"] is False
    assert engine.run("validate").endswith("1 warning\n")


def test_github_gets_commands_of_one_line_each(engine: Any) -> None:
    engine.write("config/workspaces/acme/senders.yaml", TRAP)
    engine.write("config/workspaces/acme/people.yaml", "people: {a,b%: {x: !x 1}}\n")
    engine.write("config/workspaces/acme/per cent %,:.txt", "")
    lines = engine.run("validate", "--format", "github", code=3).splitlines()
    assert all(line.startswith(("::error ", "::warning ")) for line in lines)
    head = next(line for line in lines if SENDERS in line).split("::")[1]
    assert head == f"error title=yaml.unquoted-number,file={SENDERS},line=3,endLine=3,col=13,endColumn=25"
    assert any("file=config/workspaces/acme/per cent %25%2C%3A.txt" in line for line in lines)


def test_github_names_files_from_the_checkout(engine: Any) -> None:
    engine.write(SENDERS, TRAP)
    workspace = str(engine.folder.parent)
    out = engine.run("validate", "--format", "github", code=3, GITHUB_WORKSPACE=workspace)
    assert f"file={engine.folder.name}/{SENDERS}," in out


@pytest.mark.parametrize("text", [TRAP, None])
def test_sarif_is_what_the_standard_asks_for(engine: Any, text: str | None) -> None:
    if text:
        engine.write(SENDERS, text)
        engine.write("config/workspaces/acme/a b.txt", "")
    log = json.loads(engine.run("validate", "--format", "sarif", code=3 if text else 0))
    Draft7Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    if text:
        places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
        assert places[0]["artifactLocation"]["uri"] == "config/workspaces/acme/a%20b.txt"
        assert places[1]["region"] == {"startLine": 3, "startColumn": 13, "endLine": 3, "endColumn": 25}
    else:
        assert run["results"] == []


def test_no_folder_and_no_environment(engine: Any) -> None:
    assert "nowhere" in engine.refused("--config", "nowhere", "validate", code=3)
    engine.write("config/environments/staging.yaml", "engine: {}\n")
    assert "staging" in engine.refused("--env", "stagin", "validate", code=64)


def test_an_environment_is_chosen(engine: Any) -> None:
    engine.write("config/environments/a.yaml", "workspaces: {acme: {business: {country: GB}}}\n")
    assert engine.json("--env", "a", "validate")["valid"] is True
    assert engine.json("validate", ENGINE_ENV="a")["valid"] is True


def test_neither_secrets_nor_a_state_are_needed(engine: Any) -> None:
    engine.change("config/engine.yaml", "[sandbox,", "[sandbox, twilio,")
    engine.write(
        "config/workspaces/acme/workspace.yaml",
        "name: A\nbusiness: {country: US}\n"
        "delivery: {provider: twilio, account_sid: '${SID}', auth_token: '${TOKEN}'}\n",
    )
    assert engine.json("validate", "--strict")["findings"] == []
    assert not (engine.folder / "state").exists()
