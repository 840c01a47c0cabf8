from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import ada_git
import pytest
from ada_git import VARIABLES

from engine.errors import UsageError
from engine.reconcile import git
from engine.reconcile.objects import export

AUTHOR = "Ada Example <ada@acme.example>"
Git = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/engine.yaml").write_text("engine: 1\n")
    return tmp_path


@pytest.fixture
def run(repository: Path) -> Git:
    return partial(ada_git.git, repository)


@pytest.fixture
def committed(run: Git) -> str:
    run("init", "-q")
    run("add", ".")
    run("commit", "-q", "-m", "First")
    return run("rev-parse", "HEAD")


def commit_of(repository: Path, **variables: str) -> git.Commit | None:
    return git.commit_of(repository / "config", {**VARIABLES, **variables})


def test_gives_the_commit_and_its_author(repository: Path, committed: str) -> None:
    assert commit_of(repository) == git.Commit(committed, AUTHOR, dirty=False)


def test_another_folders_changes_do_not_make_the_config_dirty(repository: Path, committed: str) -> None:
    (repository / "state").mkdir()
    (repository / "state/engine.db").write_text("x")
    assert commit_of(repository) == git.Commit(committed, AUTHOR, dirty=False)


@pytest.mark.parametrize("path", ["engine.yaml", "workspaces/acme/workspace.yaml"])
def test_changed_and_new_files_make_it_dirty(repository: Path, committed: str, path: str) -> None:
    (repository / "config" / path).parent.mkdir(parents=True, exist_ok=True)
    (repository / "config" / path).write_text("name: Acme\n")
    found = commit_of(repository)
    assert found is not None
    assert (found.id, found.dirty, found.name) == (committed, True, f"{committed}-dirty")


def test_there_is_no_commit_outside_a_repository(repository: Path) -> None:
    assert commit_of(repository, GIT_CEILING_DIRECTORIES=str(repository.parent)) is None


def test_there_is_no_commit_before_the_first(repository: Path, run: Git) -> None:
    run("init", "-q")
    run("add", ".")
    assert commit_of(repository) is None


def test_there_is_no_commit_for_a_config_that_the_repository_ignores(repository: Path, run: Git) -> None:
    (repository / ".gitignore").write_text("/config/\n")
    run("init", "-q")
    run("add", ".")
    run("commit", "-q", "-m", "First")
    assert commit_of(repository) is None


def test_there_is_no_commit_without_git(repository: Path, committed: str) -> None:
    assert commit_of(repository, PATH=str(repository / "config")) is None


def test_no_program_that_the_repository_names_is_started(repository: Path, committed: str, run: Git) -> None:
    program = repository / "program"
    program.write_text(f"#!/bin/sh\ntouch {repository}/started\n")
    program.chmod(0o755)
    run("config", "core.fsmonitor", str(program))
    assert commit_of(repository) is not None
    assert not (repository / "started").exists()


def test_exports_the_config_of_another_revision(repository: Path, committed: str, run: Git, tmp_path: Path) -> None:
    (repository / "config/engine.yaml").write_text("engine: 1\nplugins: []\n")
    run("commit", "-q", "-am", "Second")
    config = repository / "config"
    assert git.resolve(config, "HEAD~1", VARIABLES) == committed
    into = tmp_path / "into"
    assert export(config, committed, into, VARIABLES) is True
    assert [path.name for path in into.rglob("*")] == ["engine.yaml"]
    assert (into / "engine.yaml").read_text() == "engine: 1\n"


def test_a_revision_without_the_config_exports_nothing(repository: Path, run: Git, tmp_path: Path) -> None:
    run("init", "-q")
    run("commit", "-q", "--allow-empty", "-m", "First")
    config = repository / "config"
    assert export(config, git.resolve(config, "HEAD", VARIABLES), tmp_path / "into", VARIABLES) is False


@pytest.mark.parametrize("revision", ["nothing", "", "--all", "-h", "--output=x", "HEAD:config"])
def test_what_is_no_revision_is_refused(repository: Path, committed: str, revision: str) -> None:
    with pytest.raises(UsageError):
        git.resolve(repository / "config", revision, VARIABLES)
    assert not (repository / "config/x").exists()


def test_a_revision_is_refused_outside_a_repository(repository: Path) -> None:
    with pytest.raises(UsageError):
        git.resolve(repository / "config", "HEAD", {**VARIABLES, "GIT_CEILING_DIRECTORIES": str(repository.parent)})
