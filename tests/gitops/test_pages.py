"""The workflows and the pipeline that the pages show: valid by their schemas, audited, and run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from code_host import TOKEN, code_host
from pull_requests import HOURS, Repository
from workflow_runner import ROOT

GITHUB, GITLAB = ROOT / "docs/how-to/check-pull-requests.md", ROOT / "docs/how-to/use-gitlab-ci.md"


def written(page: Path, folder: Path) -> list[Path]:
    """Writes each file that a page shows, where it says that it belongs."""
    files = []
    for name, text in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        files.append(file)
    return files


def passes(*words: str | Path) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflows_are_valid_and_safe(tmp_path: Path) -> None:
    files = written(GITHUB, tmp_path)
    assert [file.name for file in files] == ["messages.yml", "comment.yml", "apply.yml"]
    passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    passes("zizmor", "--offline", "--no-progress", "--quiet", *files)


def test_the_pipeline_is_valid(tmp_path: Path) -> None:
    (file,) = written(GITLAB, tmp_path)
    passes("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file)


def test_the_pipelines_commands_check_a_merge_request_and_comment_on_it(repository: Repository, tmp_path: Path) -> None:
    (file,) = written(GITLAB, tmp_path)
    pipeline: dict[str, Any] = yaml.safe_load(file.read_text())
    repository.git("remote", "add", "origin", str(repository.folder))
    repository.open((HOURS, "to 18:00", "to 20:00"))
    with code_host() as host:
        variables = {
            **pipeline["variables"],
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": repository.git("rev-parse", "main"),
            "CI_API_V4_URL": host.url,
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "5",
            "GITLAB_TOKEN": TOKEN,
        }
        for job in ("check", "comment"):
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", "\n".join(pipeline[job]["script"])],
                cwd=repository.folder,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        (comment,) = host.bodies(5)
    assert "Plan for `production`: 0 to create, 1 to update, 0 to delete" in comment
    assert "passed" in comment
    for path in pipeline["check"]["artifacts"]["paths"]:
        assert (repository.folder / path).is_file()
