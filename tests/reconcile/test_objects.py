"""The config at another commit, from git's objects alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from ada_git import VARIABLES, git

from engine.errors import UsageError
from engine.reconcile.objects import export

FILES = {"engine.yaml": "engine: 1\r\n", "workspaces/acme/snippets/grüße 👋.liquid": "Hi", "empty.yaml": ""}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, text in FILES.items():
        file = folder / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "First")
    return folder


def read(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_bytes().decode() for file in folder.rglob("*") if file.is_file()}


def commit(repository: Path) -> str:
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", "Next")
    return git(repository, "rev-parse", "HEAD")


def test_gives_every_file_byte_by_byte(repository: Path, tmp_path: Path) -> None:
    assert export(repository / "config", "HEAD", tmp_path / "into", VARIABLES) is True
    assert read(tmp_path / "into") == FILES


def test_no_attribute_hides_or_rewrites_a_file(repository: Path, tmp_path: Path) -> None:
    (repository / ".gitattributes").write_text("* export-ignore export-subst text eol=crlf filter=shout\n")
    git(repository, "config", "filter.shout.smudge", f"touch {repository}/started")
    (repository / "config/subst.yaml").write_text("$Format:%H$\n")
    found = commit(repository)
    (repository / "started").unlink(missing_ok=True)
    export(repository / "config", found, tmp_path / "into", VARIABLES)
    assert read(tmp_path / "into")["subst.yaml"] == "$Format:%H$\n"
    assert not (repository / "started").exists()


def test_a_link_leads_nowhere_outside(repository: Path, tmp_path: Path) -> None:
    for name, target in {"in.yaml": "engine.yaml", "out.yaml": "../../secret", "far.yaml": "/etc/passwd"}.items():
        (repository / "config" / name).symlink_to(target)
    export(repository / "config", commit(repository), tmp_path / "into", VARIABLES)
    assert read(tmp_path / "into") == {**FILES, "in.yaml": FILES["engine.yaml"]}
    assert not (tmp_path / "into/out.yaml").is_symlink()
    assert not (tmp_path / "into/far.yaml").is_symlink()


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    old = git(repository, "rev-parse", "HEAD")
    (repository / "config/engine.yaml").write_text("engine: 1\nplugins: []\n")
    commit(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--filter=blob:none", repository.as_uri(), str(clone))
    assert export(clone / "config", "HEAD", tmp_path / "new", VARIABLES) is True
    with pytest.raises(UsageError):
        export(clone / "config", old, tmp_path / "old", VARIABLES)
    # It was there to be fetched.
    assert git(clone, "show", f"{old}:config/engine.yaml") == "engine: 1"


def test_a_commit_without_the_folder_gives_nothing(repository: Path, tmp_path: Path) -> None:
    git(repository, "rm", "-r", "-q", "config")
    found = commit(repository)
    (repository / "config").mkdir()
    assert export(repository / "config", found, tmp_path / "into", VARIABLES) is False
