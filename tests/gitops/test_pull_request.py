"""From a pull request to what is live, by the commands of this repository's own workflows and action."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pull_requests import HOURS, SUPPORT, Repository
from syrupy.assertion import SnapshotAssertion


def lasting(comment: str) -> str:
    """Gives a comment without what differs from version to version: a digest, a commit, how many tests there are."""
    comment = re.sub(r"\d+ passed", "<all> passed", comment)
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


def test_what_was_merged_is_planned_and_applied_only_as_it_was_reviewed(repository: Repository, tmp_path: Path) -> None:
    runner, apply = repository.runner, ".github/workflows/apply.yml"
    account = {"ENGINE_STATE": f"sqlite:///{tmp_path}/engine.db"}
    known: dict[str, Any] = {"vars": account, "secrets": {}, "inputs": {"allow": ""}}
    fine, planned = runner.job(apply, "plan", **known)
    assert (fine, planned["changes"]) == (True, "true"), runner.log[-1]
    repository.commit((HOURS, "to 18:00", "to 20:00"))
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": planned}}, **known)
    assert (fine, runner.log[-1].rpartition(" ")[2]) == (False, "6")
    fine, planned = runner.job(apply, "plan", **known)
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": planned}}, **known)
    assert fine, runner.log[-1]
    fine, planned = runner.job(apply, "plan", **known)
    assert (fine, planned["changes"]) == (True, "false")
    fine, _ = runner.job(apply, "apply", needs={"plan": {"outputs": {"digest": ""}}}, **known)
    assert (fine, runner.log[-1].rpartition(" ")[2]) == (False, "64")
