"""The example's config in a repository, and pull requests to it as GitHub handles them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ada_git import git
from code_host import CodeHostServer
from workflow_runner import Runner

HOURS = "config/workspaces/acme/templates/support/hours.liquid"
SUPPORT = "config/workspaces/acme/tests/support.yaml"


@dataclass
class Repository:
    """The example's config in a repository with two branches, and pull requests from one to the other."""

    folder: Path
    runner: Runner
    host: CodeHostServer

    def git(self, *words: str) -> str:
        return git(self.folder, *words)

    def commit(self, *changes: tuple[str, str, str]) -> None:
        """Commits changes of files: path, what stood there, what stands there now."""
        for path, was, becomes in changes:
            file = self.folder / path
            text = file.read_text(encoding="utf-8")
            assert was in text
            file.write_text(text.replace(was, becomes), encoding="utf-8")
        self.git("commit", "-q", "-a", "-m", "Words for spring")

    def open(self, *changes: tuple[str, str, str]) -> None:
        """Opens a pull request from a fork, and checks out what GitHub would: its merge into main."""
        self.git("checkout", "-q", "-B", "spring", "main")
        self.commit(*changes)
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
        self.git("checkout", "-q", "main")
        self.runner.variables |= {"GITHUB_API_URL": self.host.url, "GITHUB_REPOSITORY": "acme/messages"}
        commented, _ = self.runner.job(".github/workflows/comment.yml", "comment")
        assert commented, self.runner.log[-1]
        (comment,) = self.host.bodies(5)
        return fine, comment
