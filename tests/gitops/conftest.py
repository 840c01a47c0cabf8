"""A repository with the example's config."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from code_host import TOKEN, code_host
from pull_requests import Repository
from workflow_runner import ROOT, Runner


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
        made_of = Repository(folder, Runner(folder, tmp_path / "checkout", temp, artifacts, github), host)
        made_of.git("init", "-q", "-b", "main")
        made_of.git("add", ".")
        made_of.git("commit", "-q", "-m", "First")
        yield made_of
