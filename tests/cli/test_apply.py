from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest
from ada_git import git

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
ADDRESS = "acme/template/club/welcome"


def ends(*processes: subprocess.Popen[str]) -> list[int]:
    """Gives how commands that were started end, sorted; none of them with a bug."""
    codes = []
    for process in processes:
        _, err = process.communicate()
        assert "Traceback" not in err, err
        codes.append(process.returncode)
    return sorted(codes)


def releases(engine: Any) -> list[Any]:
    found: list[Any] = engine.json("releases")["releases"]
    return found


def test_makes_the_config_live(engine: Any) -> None:
    plan = engine.json("plan")
    done = engine.json("apply", "--yes")
    assert set(done) == {"version", "release", "digest", "changes", "results"}
    assert (done["version"], done["digest"], done["changes"]) == (1, plan["digest"], len(plan["changes"]))
    assert [result["address"] for result in done["results"]] == [change["address"] for change in plan["changes"]]
    (release,) = releases(engine)
    assert (release["release"], release["live"], release["base"]) == (done["release"], True, None)
    assert (release["summary"], release["environment"]) == (plan["summary"], None)
    assert "@" in release["applied_by"]
    assert {"engine-sms", "engine-sms-sandbox"} <= set(release["versions"])
    assert engine.json("plan")["changes"] == []


def test_applying_again_changes_nothing(engine: Any) -> None:
    first = engine.json("apply", "--yes")
    assert "Nothing to change" in engine.run("apply", "--yes")
    again = engine.json("apply", "--yes")
    assert (again["release"], again["changes"], again["results"]) == (first["release"], 0, [])
    assert len(releases(engine)) == 1


def test_each_release_stands_on_the_one_before(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hello ")
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hello ", "Hi ")
    engine.run("apply", "--yes")
    third, second, first = releases(engine)
    assert (first["base"], second["base"], third["base"]) == (None, first["release"], second["release"])
    assert len({first["release"], second["release"], third["release"]}) == 3
    assert [release["live"] for release in (third, second, first)] == [True, False, False]


def test_the_same_config_has_the_same_release_wherever_it_is_applied(engine: Any) -> None:
    first = engine.json("apply", "--yes")
    elsewhere = engine.json("apply", "--yes", ENGINE_STATE="x")
    assert first["release"] == elsewhere["release"]
    for file in (engine.folder / "state").iterdir():
        file.unlink()
    assert engine.json("apply", "--yes")["release"] == first["release"]


def test_a_project_without_workspaces_can_be_applied(engine: Any) -> None:
    for file in sorted((engine.folder / "config/workspaces").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert [result["address"] for result in engine.json("apply", "--yes")["results"]] == ["engine"]
    assert engine.json("apply", "--yes")["changes"] == 0


def test_off_a_terminal_apply_needs_a_yes(engine: Any) -> None:
    engine.refused("apply", code=64)
    engine.run("plan", "--out", "plan.json")
    engine.refused("apply", "plan.json", code=64)
    assert releases(engine) == []


@pytest.mark.parametrize(("answer", "applied"), [("y\n", 1), ("n\n", 0)])
def test_on_a_terminal_apply_shows_the_plan_and_asks(engine: Any, answer: str, applied: int) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        [sys.executable, "-m", "engine", "apply", "--format", "json"],
        cwd=engine.folder,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=True,
    )
    os.close(ours)
    os.close(theirs)
    assert f"+ {ADDRESS}" in done.stderr
    assert "Apply this?" in done.stderr
    assert bool(done.stdout) == bool(applied)
    assert len(releases(engine)) == applied


class TestReviewed:
    """What was reviewed is what is applied, or nothing is."""

    def test_a_saved_plan(self, engine: Any) -> None:
        engine.run("plan", "--out", "plan.json")
        done = engine.json("apply", "plan.json", "--yes")
        assert done["digest"] == json.loads((engine.folder / "plan.json").read_text())["digest"]

    def test_a_saved_plan_once_more_is_no_mistake(self, engine: Any) -> None:
        engine.run("plan", "--out", "plan.json")
        first = engine.json("apply", "plan.json", "--yes")
        again = engine.json("apply", "plan.json", "--yes")
        assert (again["release"], again["changes"]) == (first["release"], 0)

    def test_a_digest(self, engine: Any) -> None:
        digest = engine.json("plan")["digest"]
        engine.run("apply", "--yes", "--digest", digest)
        assert engine.json("apply", "--yes", "--digest", digest)["changes"] == 0

    def test_another_digest_is_stale(self, engine: Any) -> None:
        engine.refused("apply", "--yes", "--digest", "0" * 64, code=6)
        assert releases(engine) == []

    def test_another_digest_is_stale_even_where_there_is_nothing_to_change(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        engine.refused("apply", "--yes", "--digest", "0" * 64, code=6)

    def test_a_plan_is_stale_after_an_edit(self, engine: Any) -> None:
        engine.run("plan", "--out", "plan.json")
        engine.change(WELCOME, "Hi ", "Hello ")
        assert ADDRESS in engine.refused("apply", "plan.json", "--yes", code=6)
        assert releases(engine) == []

    def test_a_plan_is_stale_after_another_apply(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        (first,) = releases(engine)
        engine.change(WELCOME, "Hi ", "Hello ")
        engine.run("plan", "--out", "plan.json")
        engine.write("config/workspaces/acme/snippets/footer.liquid", "STOP stops.\n")
        engine.run("apply", "--yes")
        assert first["release"] in engine.refused("apply", "plan.json", "--yes", code=6)

    def test_a_digest_is_stale_after_another_apply_which_says_what_came_between(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        (first,) = releases(engine)
        engine.change(WELCOME, "Hi ", "Hello ")
        digest = engine.json("plan")["digest"]
        engine.write("config/workspaces/acme/snippets/footer.liquid", "STOP stops.\n")
        second = engine.json("apply", "--yes")["release"]
        engine.write("config/workspaces/acme/snippets/footer.liquid", "Reply STOP to stop.\n")
        said = engine.refused("apply", "--yes", "--digest", digest, code=6)
        assert first["release"] in said
        assert second in said
        assert "acme/snippet/footer" in said

    def test_a_printed_plan_that_was_edited_is_stale(self, engine: Any) -> None:
        printed = engine.json("plan")
        printed["changes"] = printed["changes"][1:]  # as if a reviewer were to see less
        engine.write("plan.json", json.dumps(printed))
        engine.refused("apply", "plan.json", "--yes", code=6)

    def test_a_plan_for_another_environment_is_stale(self, engine: Any) -> None:
        engine.write("config/environments/staging.yaml", "{}\n")
        engine.run("--env", "staging", "plan", "--out", "plan.json")
        assert "staging" in engine.refused("apply", "plan.json", "--yes", code=6)

    def test_an_edited_plan_is_refused(self, engine: Any) -> None:
        engine.run("plan", "--out", "plan.json")
        engine.change("plan.json", "welcome to", "goodbye from")
        engine.refused("apply", "plan.json", "--yes", code=64)

    @pytest.mark.parametrize("text", ["", "{}", "no JSON"])
    def test_what_is_no_plan_is_refused(self, engine: Any, text: str) -> None:
        engine.write("plan.json", text)
        engine.refused("apply", "plan.json", "--yes", code=64)
        engine.refused("apply", "missing.json", "--yes", code=64)


class TestProtect:
    """`protect: true` outlives the file that says so."""

    @pytest.fixture(autouse=True)
    def gone(self, engine: Any) -> None:
        engine.change(WELCOME, "sender: support", "sender: support\nprotect: true")
        engine.run("apply", "--yes")
        engine.remove(WELCOME)

    def test_is_refused(self, engine: Any) -> None:
        assert f"--allow protect:{ADDRESS}" in engine.refused("apply", "--yes", code=5)
        assert len(releases(engine)) == 1

    def test_can_be_allowed_by_address_and_that_is_recorded(self, engine: Any) -> None:
        engine.refused("apply", "--yes", "--allow", "protect:acme/template/other", code=5)
        engine.run("apply", "--yes", "--allow", f"protect:{ADDRESS}")
        assert [release["allowed"] for release in releases(engine)] == [[f"protect:{ADDRESS}"], []]
        assert engine.json("plan")["changes"] == []

    def test_a_reviewed_plan_does_not_pass_it(self, engine: Any) -> None:
        engine.run("plan", "--out", "plan.json")
        engine.refused("apply", "plan.json", "--yes", code=5)

    @pytest.mark.parametrize("allow", ["protect", "protect:", ADDRESS, f"everything:{ADDRESS}", ""])
    def test_what_names_no_rail_and_address_is_refused(self, engine: Any, allow: str) -> None:
        engine.refused("apply", "--yes", "--allow", allow, code=64)


class TestGit:
    """A release says which commit it is."""

    @pytest.fixture(autouse=True)
    def repository(self, engine: Any) -> None:
        git(engine.folder, "init", "-q")
        git(engine.folder, "add", "config")
        git(engine.folder, "commit", "-q", "-m", "First")

    def test_commit_and_author(self, engine: Any) -> None:
        engine.run("apply", "--yes")
        (release,) = releases(engine)
        assert release["commit"] == git(engine.folder, "rev-parse", "HEAD")
        assert release["author"] == "Ada Example <ada@acme.example>"
        assert release["commit"][:12] in engine.run("releases")

    def test_files_that_differ_from_it(self, engine: Any) -> None:
        engine.change(WELCOME, "Hi ", "Hello ")
        engine.run("apply", "--yes")
        assert releases(engine)[0]["commit"] == git(engine.folder, "rev-parse", "HEAD") + "-dirty"


def test_outside_a_repository_there_is_no_commit(engine: Any) -> None:
    engine.run("apply", "--yes")
    (release,) = releases(engine)
    assert (release["commit"], release["author"]) == (None, None)


def test_of_two_at_once_one_wins_and_the_other_finds_it_done(engine: Any) -> None:
    engine.run("apply", "--yes")
    for round_ in range(3):
        engine.change(WELCOME, "Hi ", f"Hi {round_} ")
        assert ends(engine.start("apply", "--yes"), engine.start("apply", "--yes")) == [0, 0]
        assert len(releases(engine)) == round_ + 2


def test_a_read_only_state_is_an_error_outside(engine: Any) -> None:
    engine.write(
        "config/engine.yaml", "engine: 1\nstate: sqlite:////proc/engine.db\nplugins: [sandbox, phonenumbers]\n"
    )
    engine.refused("apply", "--yes", code=9)


def test_the_state_holds_no_person_of_people_yaml(engine: Any) -> None:
    engine.run("apply", "--yes")
    with closing(sqlite3.connect(engine.folder / "state/engine.db")) as connection:
        dump = "\n".join(connection.iterdump())
    assert "welcome to" in dump
    assert "+14155550123" not in dump
