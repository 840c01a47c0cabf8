"""The example is a config that a reader learns from: nothing about it may be wrong, in any environment."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENTS = [path.stem for path in sorted((ROOT / "config/environments").glob("*.yaml"))]


@pytest.mark.parametrize("environment", [None, *ENVIRONMENTS])
def test_there_is_nothing_to_say_against_it(environment: str | None) -> None:
    options = ["--env", environment] if environment else []
    done = subprocess.run(
        ["engine", *options, "validate", "--strict", "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["findings"] == [], done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("environment", [None, *ENVIRONMENTS])
def test_its_conversations_go_as_written_in_every_environment(environment: str | None) -> None:
    options = ["--env", environment] if environment else []
    done = subprocess.run(["engine", *options, "test"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_yaml_is_in_canonical_form() -> None:
    done = subprocess.run(["engine", "fmt", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_kind_of_sender_and_rule() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("config/workspaces/*/*.yaml"))
    for kind in ("kind: long-code", "kind: toll-free", "kind: short-code", "alphanumeric:", "messaging_service:"):
        assert kind in text
    for match in ("exact", "first-word", "phrase", "pattern", "any"):
        assert f"match: {match}" in text


def test_nobody_owns_its_numbers() -> None:
    """555-01xx in North America and 020 7946 0xxx in London are kept free for fiction."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("config/**/*.yaml"))
    numbers = re.findall(r"\+\d{7,15}", text)
    assert numbers
    assert [number for number in numbers if not re.fullmatch(r"\+1\d{3}55501\d\d|\+442079460\d{3}", number)] == []
