"""`engine comment`: one comment on a pull request, found again by a hidden marker, from a report that nobody trusts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from code_host import BOT, PERSON, TOKEN, CodeHostServer, code_host

MARK = "<!-- engine: config production -->"
SHA = "5" * 40


@pytest.fixture
def host() -> Iterator[CodeHostServer]:
    with code_host() as made:
        yield made


@pytest.fixture
def github(engine: Any, host: CodeHostServer) -> Any:
    """The engine in a run of a workflow, of a pull request that GitHub names."""
    engine.variables |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": "acme/messages",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_RUN_ID": "11",
        "ENGINE_ENV": "production",
    }
    happens(engine, {"pull_request": {"number": 5}})
    engine.write("report.md", "### Plan\n")
    return engine


@pytest.fixture
def gitlab(engine: Any, host: CodeHostServer) -> Any:
    """The engine in the pipeline of a merge request."""
    engine.variables |= {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": host.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "5",
        "CI_PROJECT_URL": "https://gitlab.example/acme/messages",
        "CI_PIPELINE_URL": "https://gitlab.example/acme/messages/-/pipelines/11",
        "GITLAB_TOKEN": TOKEN,
        "ENGINE_ENV": "production",
    }
    engine.write("report.md", "### Plan\n")
    return engine


def happens(engine: Any, event: dict[str, Any]) -> None:
    engine.write("event.json", json.dumps(event))
    engine.variables["GITHUB_EVENT_PATH"] = str(engine.folder / "event.json")


def of_a_fork(engine: Any, sha: str = SHA, branch: str = "spring", **more: Any) -> None:
    run = {"id": 12, "head_sha": sha, "head_branch": branch, "head_repository": {"owner": {"login": "ada"}}, **more}
    happens(engine, {"workflow_run": run})


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_comments_once_and_then_brings_it_up_to_date(
    request: pytest.FixtureRequest, host: CodeHostServer, where: str
) -> None:
    engine = request.getfixturevalue(where)
    first = engine.json("comment", "report.md")
    assert first["created"]
    engine.write("report.md", "### Another plan\n")
    second = engine.json("comment", "report.md")
    assert (second["created"], second["comment"]) == (False, first["comment"])
    (body,) = host.bodies(5)
    assert body.startswith(f"{MARK}\n### Another plan\n")


def test_each_config_and_environment_has_its_own(github: Any, host: CodeHostServer) -> None:
    github.run("comment", "report.md")
    github.run("comment", "report.md", ENGINE_ENV="staging")
    github.run("--config", "other/config", "comment", "report.md")
    assert len({body.partition("\n")[0] for body in host.bodies(5)}) == 3


def test_a_persons_comment_with_the_marker_is_left_alone(github: Any, host: CodeHostServer) -> None:
    host.says(5, f"{MARK}\nmine", user=PERSON)
    host.says(6, f"{MARK}\nanother's", user=BOT)
    assert github.json("comment", "report.md")["created"]
    assert host.bodies(5)[0] == f"{MARK}\nmine"
    assert host.bodies(6) == [f"{MARK}\nanother's"]


def test_finds_its_comment_behind_a_hundred_others(github: Any, host: CodeHostServer) -> None:
    for _ in range(250):
        host.says(5, "nice", user=PERSON)
    host.says(5, f"{MARK}\nold", user=BOT)
    assert not github.json("comment", "report.md")["created"]


def test_a_forks_run_is_found_by_its_branch(github: Any, host: CodeHostServer) -> None:
    host.pull(8, "ada:spring", SHA)
    of_a_fork(github)
    assert github.json("comment", "report.md")["created"]
    (body,) = host.bodies(8)
    assert "https://github.example/acme/messages/actions/runs/12" in body


@pytest.mark.parametrize(
    ("label", "sha", "more"),
    [
        ("ada:spring", "6" * 40, {}),  # pushed to since
        ("bob:spring", SHA, {}),  # another's branch of that name
        ("ada:spring", SHA, {"head_repository": None}),  # the fork is gone
    ],
    ids=["moved on", "another owner", "no fork"],
)
def test_a_run_that_belongs_to_no_open_pull_request_comments_on_none(
    github: Any, host: CodeHostServer, label: str, sha: str, more: dict[str, Any]
) -> None:
    host.pull(8, label, sha)
    of_a_fork(github, **more)
    assert github.json("comment", "report.md") == {"version": 1, "comment": None, "created": False}
    assert host.comments == []


def test_a_report_mentions_nobody(github: Any, host: CodeHostServer) -> None:
    github.write("report.md", "ask @acme/owners or a@b.example\n")
    github.run("comment", "report.md")
    (body,) = host.bodies(5)
    assert "@a" not in body
    assert "@b" not in body


@pytest.mark.parametrize("line", ["x\n", "x", "```\nx\n"], ids=["lines", "one line", "fences"])
def test_a_long_report_is_cut_at_the_limit(github: Any, host: CodeHostServer, line: str) -> None:
    github.write("report.md", "### Plan\n```text\n" + line * 70_000)
    github.run("comment", "report.md")
    (body,) = host.bodies(5)
    assert 60_000 < len(body) <= 65_536
    assert body.startswith(MARK)
    fences = [text for text in body.splitlines() if text.startswith("```")]
    assert len(fences) % 2 == 0


def test_a_link_out_of_the_artifact_is_not_followed(github: Any, host: CodeHostServer) -> None:
    (github.folder / "linked.md").symlink_to("/proc/self/environ")
    os.mkfifo(github.folder / "pipe.md")
    for name in ("linked.md", "pipe.md", "nosuch.md", "."):
        github.refused("comment", name, code=64)
    assert host.seen == []


def test_a_redirect_does_not_get_the_token(github: Any, host: CodeHostServer) -> None:
    with code_host() as other:
        host.leads_to = other.url
        github.refused("comment", "report.md", code=9)
        assert other.seen == []


def test_a_host_that_refuses_or_is_not_there_is_9(github: Any, host: CodeHostServer) -> None:
    host.refuses = 403
    assert TOKEN not in github.refused("comment", "report.md", code=9)
    github.refused("comment", "report.md", code=9, GITHUB_API_URL="http://127.0.0.1:1")


@pytest.mark.parametrize(
    "variables",
    [
        {"GITHUB_ACTIONS": ""},
        {"GITHUB_TOKEN": ""},
        {"GITHUB_EVENT_PATH": "nosuch.json"},
        {"GITHUB_API_URL": "http://github.example"},
    ],
    ids=str,
)
def test_outside_of_a_pipeline_it_is_wrong_usage(github: Any, variables: dict[str, str]) -> None:
    github.refused("comment", "report.md", code=64, **variables)


def test_a_push_has_no_pull_request(github: Any) -> None:
    happens(github, {"ref": "refs/heads/main"})
    github.refused("comment", "report.md", code=64)
