"""From a pull request to what is live, by the commands of this repository's own workflows and action."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from code_host import TOKEN, CodeHostServer, code_host
from syrupy.assertion import SnapshotAssertion
from workflow_runner import ROOT, Runner

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
HOURS = "config/workspaces/acme/templates/support/hours.liquid"
SUPPORT = "config/workspaces/acme/tests/support.yaml"
AS = {
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@acme.example",
    "GIT_COMMITTER_NAME": "Ada Example",
    "GIT_COMMITTER_EMAIL": "ada@acme.example",
}


@dataclass
class Repository:
    """The example's config in a repository with two branches, and pull requests from one to the other."""

    folder: Path
    runner: Runner
    host: CodeHostServer

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env={**os.environ, **AS}, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def change(self, path: str, was: str, becomes: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert was in text
        file.write_text(text.replace(was, becomes), encoding="utf-8")

    def open(self, *changes: tuple[str, str, str]) -> None:
        """Opens a pull request from a fork, and checks out what GitHub would: its merge into main."""
        self.git("checkout", "-q", "-B", "spring", "main")
        for change in changes:
            self.change(*change)
        self.git("commit", "-q", "-a", "-m", "Words for spring")
        head = self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "Merge", "spring")
        self.host.pulls.clear()
        self.host.pull(5, "ada:spring", head)
        self.runner.event({"pull_request": {"number": 5}})

    def check(self) -> tuple[bool, str]:
        """Runs the workflow of pull requests, then the one that comments: where it ends well, and the one comment."""
        fine, _ = self.runner.job(".github/workflows/messages.yml", "check")
        (pull,) = self.host.pulls
        run = {"id": 11, "head_sha": pull["head"]["sha"], "head_branch": "spring"}
        event = {"workflow_run": {**run, "head_repository": {"owner": {"login": "ada"}}}}
        self.runner.event(event)
        self.runner.variables |= {"GITHUB_API_URL": self.host.url, "GITHUB_REPOSITORY": "acme/messages"}
        commented, _ = self.runner.job(".github/workflows/comment.yml", "comment")
        assert commented, self.runner.log[-1]
        (comment,) = self.host.bodies(5)
        return fine, comment


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    folder, temp, artifacts = tmp_path / "messages", tmp_path / "temp", tmp_path / "artifacts"
    for made in (folder, temp, artifacts):
        made.mkdir()
    shutil.copytree(ROOT / "config", folder / "config")
    # Nothing is asked of Twilio here: production is what the other files say.
    (folder / "config/environments/production.yaml").write_text("engine: {}\n")
    github = {"token": TOKEN, "run_id": "11", "action_path": str(ROOT)}
    with code_host() as host:
        made_of = Repository(folder, Runner(folder, temp, artifacts, github), host)
        made_of.git("init", "-q", "-b", "main")
        made_of.git("add", ".")
        made_of.git("commit", "-q", "-m", "First")
        yield made_of


def lasting(comment: str) -> str:
    """Gives a comment without what differs from version to version: a digest, a commit."""
    return re.sub(r"\b([0-9a-f]{64}|[0-9a-f]{40})\b", lambda found: f"<{len(found[0])} digits>", comment)


def test_a_pull_request_gets_the_comment_that_a_reviewer_wants(
    repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.open((HOURS, "purpose: reply", "purpose: replies"))
    fine, comment = repository.check()
    assert not fine
    assert "::error title=" in "".join(repository.runner.log)
    assert re.search(rf"^    {re.escape(HOURS)}:\d+:\d+: error: ", comment, re.MULTILINE)
    repository.open(
        (HOURS, "We are open from 7:00 to 18:00", "We’re open from 7:00 to 20:00"),
        (SUPPORT, "We are open", "We’re open"),
    )
    fine, comment = repository.check()
    assert fine, "\n".join(repository.runner.log)
    assert lasting(comment) == snapshot
    assert (repository.runner.artifacts / "engine-report/plan.html").is_file()


@pytest.mark.slow
def test_a_conversation_that_fails_is_told_beside_the_plan(repository: Repository) -> None:
    repository.open((HOURS, "open from 7:00", "open from 6:00"))
    fine, comment = repository.check()
    assert not fine
    assert re.search(rf"^    FAILED {re.escape(SUPPORT)}:\d+: ", comment, re.MULTILINE)
    assert "error: " not in comment
    assert "open from 6:00" in comment


def test_what_was_merged_is_planned_and_applied_only_as_it_was_reviewed(repository: Repository) -> None:
    runner, apply = repository.runner, ".github/workflows/apply.yml"
    known: dict[str, Any] = {"vars": {}, "secrets": {}, "inputs": {"allow": ""}}
    fine, planned = runner.job(apply, "plan", **known)
    assert (fine, planned["changes"]) == (True, "true"), runner.log[-1]
    repository.change(WELCOME, "welcome to the", "hello from the")
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": planned}}, **known)
    assert (fine, runner.log[-1].rpartition(" ")[2]) == (False, "6")
    repository.change(WELCOME, "hello from the", "welcome to the")
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": planned}}, **known)
    assert fine, runner.log[-1]
    fine, planned = runner.job(apply, "plan", **known)
    assert (fine, planned["changes"]) == (True, "false")
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": {"digest": ""}}}, **known)
    assert not fine
