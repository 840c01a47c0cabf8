"""pytest finds conversation tests in a config, and leaves every other project alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from talk import WORKSPACE, Talk

GOOD = "- name: joins\n  person: ada\n  steps:\n    - {receive: {text: join}, expect: {rule: join}}\n"
BAD = "- name: echoes\n  person: ada\n  steps:\n    - {receive: {text: echo}, expect: {replies: [You said eco]}}\n"


def pytest_in(folder: Path, *options: str) -> tuple[int, str]:
    """Runs pytest as a project of its own would: no conftest, the plugin through its entry point."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-p",
        "no:asyncio",
        *options,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_each_conversation_is_a_test(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}tests/club.yaml", GOOD + BAD)
    talk.write("tests/test_python.py", "def test_one() -> None:\n    pass\n")
    code, out = pytest_in(talk.folder, "-W", "error")
    assert code == 1
    assert "1 failed, 2 passed" in out
    assert "acme: echoes" in out
    assert f"replies.0  {WORKSPACE}tests/club.yaml:8" in out
    assert "came      You said echo" in out
    assert "Traceback" not in out


def test_an_invalid_config_is_an_error_of_its_file(talk: Talk) -> None:
    talk.write(f"{WORKSPACE}tests/club.yaml", GOOD.replace("rule: join", "rule: jion"))
    code, out = pytest_in(talk.folder)
    assert code == 2
    assert f"{WORKSPACE}tests/club.yaml:4:46: error: there is no keyword 'jion' [ref.unknown-keyword]" in out


def test_other_yaml_is_left_alone(talk: Talk) -> None:
    """The same files in a folder that is not named as a config, and YAML of a project without Engine."""
    talk.write(f"{WORKSPACE}tests/club.yaml", GOOD)
    (talk.folder / "config").rename(talk.folder / "settings")
    for name in ("tests/data.yaml", "config/workspaces/acme/tests/x.yaml", "config/tests/x.yaml"):
        talk.write(name, "a: [")
    code, out = pytest_in(talk.folder)
    assert (code, "no tests ran" in out) == (5, True)
    talk.write("pytest.ini", "[pytest]\nengine_config =\n    settings\n")
    code, out = pytest_in(talk.folder)
    assert (code, "1 passed" in out) == (0, True)


def test_nothing_of_engine_is_imported_for_a_project_without_it(tmp_path: Path) -> None:
    heavy = ("engine.config", "engine.testing.conversations", "pydantic", "liquid", "sqlite_utils")
    test = f"import sys\n\ndef test_it():\n    assert [name for name in {heavy!r} if name in sys.modules] == []\n"
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    code, out = pytest_in(tmp_path)
    assert code == 0, out
