"""What a plan touches and the diff under review does not."""

from __future__ import annotations

from typing import Any

import pytest
from ada_git import git

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
FOOTER = "config/workspaces/acme/snippets/footer.liquid"
WORKSPACE = "config/workspaces/acme/workspace.yaml"


def commit(engine: Any, message: str) -> None:
    git(engine.folder, "add", "config")
    git(engine.folder, "commit", "-q", "-m", message)


@pytest.fixture(autouse=True)
def repository(engine: Any) -> None:
    git(engine.folder, "init", "-q", "-b", "main")
    commit(engine, "First")


def beyond(engine: Any, *words: str, **variables: str) -> list[tuple[str | None, str | None]]:
    """Gives of what a plan warns: addresses, and the files that they stand in."""
    warnings = engine.json("plan", *words, **variables)["warnings"]
    return [(one["address"], one["file"]) for one in warnings if one["code"] == "plan.beyond-diff"]


def test_a_branch_that_is_behind_would_take_back_what_it_never_touched(engine: Any) -> None:
    git(engine.folder, "checkout", "-q", "-b", "change")
    engine.change(WELCOME, "Hi ", "Hello ")
    commit(engine, "Change")
    git(engine.folder, "checkout", "-q", "main")
    engine.write(FOOTER, "Text STOP to stop.\n")
    commit(engine, "Meanwhile")
    git(engine.folder, "checkout", "-q", "change")
    assert beyond(engine, "--against", "main") == [("acme/snippet/footer", FOOTER)]
    git(engine.folder, "rebase", "-q", "main")
    assert beyond(engine, "--against", "main") == []


def test_what_was_merged_and_never_applied_is_no_part_of_the_pull_request(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.write(FOOTER, "Text STOP to stop.\n")
    commit(engine, "Never applied")
    git(engine.folder, "update-ref", "refs/remotes/origin/main", "main")
    git(engine.folder, "checkout", "-q", "-b", "change")
    engine.change(WELCOME, "Hi ", "Hello ")
    commit(engine, "Change")
    told = [("acme/snippet/footer", FOOTER)]
    assert beyond(engine) == []  # nobody says which diff is reviewed
    assert beyond(engine, "--diff", "main") == told
    assert beyond(engine, GITHUB_ACTIONS="true", GITHUB_BASE_REF="main") == told
    assert beyond(engine, CI_MERGE_REQUEST_DIFF_BASE_SHA="main") == told
    assert beyond(engine, GITHUB_ACTIONS="true", GITHUB_BASE_REF="elsewhere") == []  # which was not fetched


def test_a_deleted_object_is_in_the_diff_that_deletes_its_file(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.remove(WELCOME)
    assert beyond(engine, "--diff", "main") == []
    commit(engine, "Deleted")
    assert beyond(engine, "--diff", "HEAD") == [("acme/template/club/welcome", WELCOME)]
    assert beyond(engine, "--diff", "HEAD~1") == []


def test_an_overlay_is_a_file_like_any_other(engine: Any) -> None:
    engine.write("config/environments/live.yaml", "workspaces: {acme: {name: Acme Live}}\n")
    commit(engine, "Live")
    engine.run("--env", "live", "apply", "--yes")
    engine.write("config/environments/live.yaml", "workspaces: {acme: {name: Acme}}\n")
    plan = engine.json("--env", "live", "plan", "--diff", "main")
    assert [change["address"] for change in plan["changes"]] == ["acme/workspace"]
    assert plan["warnings"] == []


def test_a_variable_changes_what_no_diff_shows(engine: Any) -> None:
    engine.write(WORKSPACE, "name: ${NAME}\nbusiness: {country: US}\n")
    commit(engine, "A variable")
    engine.run("apply", "--yes", NAME="Acme")
    assert beyond(engine, "--diff", "main", NAME="Acme Coffee") == [("acme/workspace", WORKSPACE)]


def test_many_are_told_in_short(engine: Any) -> None:
    for number in range(25):
        engine.write(
            f"config/workspaces/acme/templates/t{number}.liquid", "---\npurpose: reply\nsender: support\n---\n1\n"
        )
    commit(engine, "Many")
    engine.run("apply", "--yes")
    for number in range(25):
        engine.change(f"config/workspaces/acme/templates/t{number}.liquid", "\n1\n", "\n2\n")
    commit(engine, "Edited")
    told = beyond(engine, "--diff", "main")
    assert len(told) == 21
    assert told[-1] == (None, None)


def test_an_unknown_diff_is_64(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hello ")
    engine.refused("plan", "--diff", "nothing", code=64)
