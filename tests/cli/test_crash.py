from __future__ import annotations

import subprocess
import sys

import pytest

from engine.cli.crash import crash_hook
from engine.errors import UsageError

PROGRAM = """
import os
from engine.cli.crash import crash_hook
hook = crash_hook(os.environ)
for point in ("before-call", "after-call", "before-call", "after-call"):
    hook(point)
    print(point, flush=True)
"""


@pytest.mark.parametrize(
    ("wanted", "printed", "code"),
    [
        ("", 4, 0),  # production
        ("before-call", 0, -9),
        ("after-call", 1, -9),
        ("after-call:2", 3, -9),
        ("after-call:3", 4, 0),  # visited twice only
        ("elsewhere", 4, 0),
    ],
)
def test_kills_at_the_nth_visit(wanted: str, printed: int, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"ENGINE_CRASH_AT": wanted}, capture_output=True, text=True
    )
    assert (done.stdout.count("\n"), done.returncode) == (printed, code)


@pytest.mark.parametrize("wanted", [":2", "after-call:0", "after-call:x", "after-call:-1"])
def test_refuses_what_names_no_point(wanted: str) -> None:
    with pytest.raises(UsageError):
        crash_hook({"ENGINE_CRASH_AT": wanted})
