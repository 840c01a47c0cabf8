"""What is slow to import is imported by the command that needs it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

HEAVY = {"aiohttp", "asyncio", "liquid", "phonenumbers", "pydantic", "re2", "rich", "ruamel", "sqlite_utils", "sqlite3"}
HEAVY |= {"httptools", "tomlkit", "twilio", "yaml", "jsonschema", "pluggy"}


def imported(*arguments: str) -> set[str]:
    command = [sys.executable, "-X", "importtime", "-m", "engine", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = re.findall(r"^import time:[\s\d|]+?(\S+)$", done.stderr, re.MULTILINE)
    assert "click" in names
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_front_door_is_light(option: str) -> None:
    assert imported(option) & HEAVY == set()


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    code = "import sys, engine; print(*sorted(name for name in sys.modules if name.startswith('engine.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
