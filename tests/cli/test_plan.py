from __future__ import annotations

import json
import stat
from typing import Any

import pytest
from ada_git import git
from syrupy.assertion import SnapshotAssertion

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
ADDRESS = "acme/template/club/welcome"
SECRET = "not-for-any-eye-5f1d"
ACCOUNT = "AC00000000000000000000000000000000"


def without_digest(text: str) -> str:
    """Gives a plan's words without its digest, which the installed versions are part of."""
    lines = text.splitlines()
    assert lines[-1].startswith("Digest: ")
    return "\n".join(lines[:-1])


def test_the_first_plan_creates_everything(engine: Any) -> None:
    plan = engine.json("plan")
    assert set(plan) == {"version", "digest", "base", "summary", "changes", "blocked", "drift", "warnings"}
    assert (plan["version"], plan["base"], plan["blocked"]) == (1, None, [])
    assert {change["action"] for change in plan["changes"]} == {"create"}
    addresses = [change["address"] for change in plan["changes"]]
    assert addresses == sorted(addresses)
    assert {"acme/sender/support", "acme/snippet/footer", ADDRESS, "acme/workspace", "engine"} <= set(addresses)
    assert not any("person" in address for address in addresses)


def test_plan_changes_nothing_and_needs_no_state(engine: Any) -> None:
    assert engine.json("plan") == engine.json("plan")
    assert not (engine.folder / "state").exists()


def test_an_update_tells_fields_values_place_and_what_people_will_read(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "welcome to {{ workspace.name }}!", "welcome to {{ workspace.name }}! ☕" + " Come in." * 5)
    plan = engine.json("plan")
    assert plan["base"] is not None
    assert plan["summary"] == {"create": 0, "update": 1, "delete": 0}
    (change,) = plan["changes"]
    assert set(change) == {"address", "action", "fields", "before", "after", "reason", "source", "effects"}
    assert (change["address"], change["action"], change["fields"]) == (ADDRESS, "update", ["body"])
    assert (change["source"]["file"], change["source"]["line"]) == (WELCOME, 5)
    assert "☕" in change["after"]["body"]
    assert "☕" not in change["before"]["body"]
    (effect,) = change["effects"]
    assert (effect["template"], effect["sample"]) == (ADDRESS, "ada")
    assert effect["before"]["body"] == "Hi Ada, welcome to Acme Coffee!\nReply STOP to stop."
    assert (effect["before"]["encoding"], effect["before"]["segments"]) == ("GSM-7", 1)
    assert (effect["after"]["encoding"], effect["after"]["segments"]) == ("UCS-2", 2)


def test_a_snippets_effects_are_told_for_the_templates_that_render_it(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.write("config/workspaces/acme/snippets/footer.liquid", "Text STOP to stop.\n")
    (change,) = engine.json("plan")["changes"]
    assert change["address"] == "acme/snippet/footer"
    assert [(e["template"], e["after"]["body"][-18:]) for e in change["effects"]] == [(ADDRESS, "Text STOP to stop.")]


def test_what_could_not_be_composed_before_is_told(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change("config/workspaces/acme/people.yaml", "first_name: Ada, ", "")
    engine.change(WELCOME, "Hi {{ customer.first_name }}", "Hi")
    (change,) = engine.json("plan")["changes"]
    (effect,) = change["effects"]
    assert (effect["before"]["error"], effect["before"]["body"]) == ("template.missing-value", None)
    assert effect["after"]["body"].startswith("Hi, welcome")


def test_in_words(engine: Any, snapshot: SnapshotAssertion) -> None:
    assert without_digest(engine.run("plan")) == snapshot(name="first")
    engine.run("apply", "--yes")
    engine.change(WELCOME, "welcome to {{ workspace.name }}!", "welcome to {{ workspace.name }} ☕!")
    engine.write(
        "config/workspaces/acme/templates/club/bye.liquid", "---\npurpose: reply\nsender: support\n---\nBye!\n"
    )
    engine.change("config/workspaces/acme/workspace.yaml", "name: Acme Coffee", "name: Acme Coffee\nquiet_hours: null")
    engine.change("config/workspaces/acme/senders.yaml", "[US]", "[US, CA]")
    assert without_digest(engine.run("plan")) == snapshot(name="second")
    engine.run("apply", "--yes")
    engine.remove("config/workspaces/acme/templates/club/bye.liquid")
    assert without_digest(engine.run("plan")) == snapshot(name="third")


def test_a_detailed_exit_code_says_whether_there_are_changes(engine: Any) -> None:
    engine.run("plan", "--detailed-exitcode", code=2)
    engine.run("apply", "--yes")
    engine.run("plan", "--detailed-exitcode", code=0)
    assert engine.json("plan")["changes"] == []


def test_the_digest_is_of_this_environment(engine: Any) -> None:
    engine.write("config/environments/staging.yaml", "{}\n")
    assert engine.json("plan")["digest"] != engine.json("--env", "staging", "plan")["digest"]


def test_a_deleted_protected_object_is_shown_as_blocked_and_nothing_fails(engine: Any) -> None:
    engine.change(WELCOME, "sender: support", "sender: support\nprotect: true")
    engine.run("apply", "--yes")
    engine.remove(WELCOME)
    plan = engine.json("plan")
    assert [(b["rail"], b["address"], b["allow"]) for b in plan["blocked"]] == [
        ("protect", ADDRESS, f"protect:{ADDRESS}")
    ]
    assert set(plan["blocked"][0]) == {"rail", "address", "message", "allow"}


def test_a_saved_plan_is_for_its_owner_alone(engine: Any) -> None:
    printed = engine.json("plan", "--out", "plan.json")
    file = engine.folder / "plan.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["digest"] == printed["digest"]


def test_a_plan_that_cannot_be_saved_is_refused(engine: Any) -> None:
    engine.refused("plan", "--out", "nowhere/plan.json", code=64)


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_an_invalid_config_is_refused_with_every_finding(engine: Any, command: tuple[str, ...]) -> None:
    engine.change("config/workspaces/acme/workspace.yaml", "country: US", "country: 1")
    engine.change(WELCOME, "sender: support", "sender: suport")
    engine.change(WELCOME, "{{ customer.first_name }}", "{{ customer.first_name | nofilter }}")
    said = engine.refused(*command, code=3)
    assert "workspace.yaml:2" in said
    assert "welcome.liquid:3" in said


def test_an_unset_variable_is_a_warning_for_plan_and_an_error_for_apply(engine: Any) -> None:
    engine.change("config/workspaces/acme/workspace.yaml", "{country: US}", "{country: US, website: '${SITE}'}")
    (warning,) = engine.json("plan")["warnings"]
    assert (warning["code"], warning["severity"], warning["line"]) == ("config.unset-variable", "warning", 2)
    assert "config.unset-variable" in engine.refused("apply", "--yes", code=3)
    engine.run("apply", "--yes", SITE="https://acme.example")
    release = engine.json("plan", SITE="https://acme.example")
    assert release["changes"] == []


def test_secrets_are_in_no_plan_release_or_digest(engine: Any) -> None:
    engine.change("config/engine.yaml", "[sandbox", "[twilio, sandbox")
    engine.change(
        "config/workspaces/acme/workspace.yaml",
        "{country: US}",
        f"{{country: US}}\ndelivery: {{provider: twilio, account_sid: {ACCOUNT}, auth_token: '${{TOKEN}}'}}",
    )
    said = engine.run("plan", "--no-refresh", "--out", "plan.json", TOKEN=SECRET)
    said += engine.run("plan", "--no-refresh", "--format", "json", TOKEN=SECRET)
    other = engine.json("plan", "--no-refresh", TOKEN="another")
    assert other["digest"] == json.loads((engine.folder / "plan.json").read_text())["digest"]
    said += engine.run("apply", "--yes", "--no-refresh", TOKEN=SECRET)
    said += engine.run("releases", "--format", "json", TOKEN=SECRET) + engine.run("status", TOKEN=SECRET)
    assert SECRET not in said
    for file in engine.folder.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    assert "${TOKEN}" in (engine.folder / "plan.json").read_text()


def test_a_provider_that_cannot_be_asked_is_a_warning_for_plan_and_an_error_for_apply(engine: Any) -> None:
    engine.change("config/engine.yaml", "[sandbox", "[twilio, sandbox")
    engine.change(
        "config/workspaces/acme/workspace.yaml",
        "{country: US}",
        f"{{country: US}}\ndelivery: {{provider: twilio, account_sid: {ACCOUNT}, auth_token: '${{TOKEN}}', "
        "api_url: 'http://127.0.0.1:9'}",
    )
    (warning,) = engine.json("plan", TOKEN=SECRET)["warnings"]
    assert (warning["code"], warning["address"]) == ("provider.unreadable", "acme/workspace")
    assert engine.json("plan", "--no-refresh", TOKEN=SECRET)["warnings"] == []
    engine.refused("apply", "--yes", code=9, TOKEN=SECRET)
    engine.refused("apply", "--yes", code=9)
    engine.run("apply", "--yes", "--no-refresh")


class TestAgainst:
    """`plan --against`: what a pull request changes, without the state."""

    @pytest.fixture(autouse=True)
    def repository(self, engine: Any) -> None:
        git(engine.folder, "init", "-q", "-b", "main")
        self.commit(engine, "First")

    def commit(self, engine: Any, message: str) -> None:
        git(engine.folder, "add", "config")
        git(engine.folder, "commit", "-q", "-m", message)

    def test_compares_with_a_branch(self, engine: Any) -> None:
        engine.change(WELCOME, "Hi ", "Hello ")
        git(engine.folder, "checkout", "-q", "-b", "change")
        self.commit(engine, "Second")
        plan = engine.json("plan", "--against", "main")
        assert [(c["address"], c["action"], c["fields"]) for c in plan["changes"]] == [(ADDRESS, "update", ["body"])]
        assert plan["changes"][0]["effects"][0]["after"]["body"].startswith("Hello Ada")
        assert engine.json("plan", "--against", "change")["changes"] == []
        assert not (engine.folder / "state").exists()

    def test_sees_files_that_were_not_added_yet_and_files_that_are_gone(self, engine: Any) -> None:
        engine.write("config/workspaces/acme/templates/new.liquid", "---\npurpose: reply\nsender: support\n---\nNew\n")
        engine.remove(WELCOME)
        plan = engine.json("plan", "--against", "HEAD")
        assert [(c["address"], c["action"]) for c in plan["changes"]] == [
            (ADDRESS, "delete"),
            ("acme/template/new", "create"),
        ]
        assert plan["changes"][0]["source"]["file"] == WELCOME

    def test_a_revision_before_the_config_has_nothing(self, engine: Any) -> None:
        git(engine.folder, "checkout", "-q", "--orphan", "empty")
        git(engine.folder, "commit", "-q", "--allow-empty", "-m", "Empty")
        git(engine.folder, "rm", "-r", "-q", "--cached", "config")
        git(engine.folder, "commit", "-q", "--allow-empty", "-m", "Nothing")
        assert engine.json("plan", "--against", "HEAD")["summary"]["update"] == 0
        assert engine.json("plan", "--against", "HEAD")["summary"]["create"] > 0

    def test_an_unknown_revision_is_refused(self, engine: Any) -> None:
        engine.refused("plan", "--against", "nothing", code=64)

    def test_a_config_that_was_invalid_then_is_refused(self, engine: Any) -> None:
        engine.change(WELCOME, "sender: support", "sender: nobody")
        self.commit(engine, "Broken")
        engine.change(WELCOME, "sender: nobody", "sender: support")
        assert WELCOME in engine.refused("plan", "--against", "HEAD", code=3)

    def test_cannot_be_saved_for_apply(self, engine: Any) -> None:
        engine.refused("plan", "--against", "HEAD", "--out", "plan.json", code=64)
