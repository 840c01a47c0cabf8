"""What the process ends with, across commands: the table of the command line's contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.cli.app import COMMANDS

WORKSPACE = "config/workspaces/acme/workspace.yaml"


@pytest.mark.parametrize(
    "words",
    [
        ("nosuch",),
        ("plan", "--nosuch"),
        ("plan", "--format", "xml"),
        ("plan", "one", "two"),
        ("apply", "--lock-timeout", "-1"),
        ("apply", "--lock-timeout", "soon"),
        ("releases", "--limit", "0"),
        ("--env", "nosuch", "plan"),
        ("--env", "nosuch", "apply", "--yes"),
        ("send", "club/welcome", "--workspace", "acme", "--to", "+14155550123"),  # before the first release
        ("send", "club/welcome"),
        ("messages", "--state", "lost"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64(engine: Any, words: tuple[str, ...]) -> None:
    engine.refused(*words, code=64)


@pytest.mark.parametrize(
    "words",
    [
        ("send", "nosuch", "--workspace", "acme", "--to", "+14155550123"),
        ("send", "club/welcome", "--workspace", "nosuch", "--to", "+14155550123"),
        ("send", "club/welcome", "--workspace", "acme", "--person", "nosuch"),
        ("send", "club/welcome", "--workspace", "acme", "--to", "12"),
        ("send", "club/welcome", "--workspace", "acme", "--to", "+14155550123", "--everyone"),
        ("messages", "--workspace", "nosuch"),
        ("explain", "nosuch"),
        ("settle", "nosuch", "--as", "sent"),
    ],
    ids=" ".join,
)
def test_names_that_mean_nothing_are_64(engine: Any, words: tuple[str, ...]) -> None:
    engine.run("apply", "--yes")
    engine.refused(*words, code=64)


@pytest.mark.parametrize("words", [("validate",), ("plan",), ("apply", "--yes")], ids=" ".join)
def test_an_invalid_config_is_3(engine: Any, words: tuple[str, ...]) -> None:
    engine.write(WORKSPACE, "name: Acme\nbusiness: {country: US\n")
    done = engine.call(*words)
    assert done.exit_code == 3
    assert f"{WORKSPACE}:" in done.output


@pytest.mark.parametrize(
    "words", [("validate",), ("plan",), ("apply", "--yes"), ("status",), ("messages",)], ids=" ".join
)
def test_a_missing_config_is_3(engine: Any, words: tuple[str, ...]) -> None:
    engine.refused("--config", "nosuch", *words, code=3)


@pytest.mark.parametrize(
    "words", [("plan",), ("apply", "--yes"), ("status",), ("releases",), ("messages",)], ids=" ".join
)
def test_a_damaged_state_is_9(engine: Any, words: tuple[str, ...]) -> None:
    engine.write("state/engine.db", "this is no database, however long it may be" * 100)
    engine.refused(*words, code=9)


def test_help_is_0_and_ends_with_an_example(engine: Any) -> None:
    for name in COMMANDS:
        said = engine.run(name, "--help")
        assert "Example:" in said, name
        assert f"engine {name}" in said.partition("Example:")[2], name


def test_a_bug_is_1_and_the_only_one_with_a_traceback(engine: Any) -> None:
    engine.write(
        "broken.py",
        "import engine.reconcile.plan as plan\n\ndef broken(*args, **kwargs):\n    raise ZeroDivisionError\n\n"
        "plan.plan = broken\nfrom engine.cli import main\n\nmain()\n",
    )
    done = subprocess.run(
        [sys.executable, "broken.py", "plan"], cwd=engine.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "words", [("plugins",), ("validate",), ("schema",), ("plan", "--format", "json")], ids=" ".join
)
def test_a_full_disk_under_the_output_is_9(engine: Any, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "engine", *words],
            cwd=engine.folder,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 9
    assert b"Traceback" not in done.stderr


def test_a_reader_who_leaves_is_no_error(engine: Any) -> None:
    with engine.start("schema") as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
