"""The lock of apply: who has it, since when and from where; waiting for it; and taking it from the dead."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.cli.who import run_of

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
RUN = "https://ci.example/acme/runs/7"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "acme/messages",
    "GITHUB_RUN_ID": "42",
}
HOLDS = f"""
import sys
from datetime import timedelta
from pathlib import Path
from engine.plugins import load
store = load([]).store("sqlite").open("sqlite:///state/engine.db", folder=Path.cwd())
with store.lock("apply", holder="ada@desk", wait=timedelta(0), run="{RUN}"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(engine: Any) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock until its input ends, or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], cwd=engine.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
        # It ends with its input, which is closed behind this.


@pytest.fixture(autouse=True)
def ahead(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hello ")


def test_says_who_has_it_since_when_and_from_where(engine: Any) -> None:
    with held(engine) as holder:
        for words in (("apply", "--yes"), ("rollback", engine.json("releases")["releases"][0]["release"], "--yes")):
            said = engine.refused(*words, "--lock-timeout", "0", code=7)
            for part in ("ada@desk", f"process {holder.pid}", socket.gethostname(), RUN):
                assert part in said
            assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", said)
    assert len(engine.json("releases")["releases"]) == 1


def test_plan_needs_none(engine: Any) -> None:
    with held(engine):
        assert len(engine.json("plan")["changes"]) == 1


def test_is_waited_for_and_whoever_waits_is_told_for_whom(engine: Any) -> None:
    with held(engine) as holder:
        waiting = engine.start("apply", "--yes", "--lock-timeout", "60")
        assert "ada@desk" in waiting.stderr.readline()
        assert holder.stdin is not None
        threading.Timer(0.1, holder.stdin.close).start()
        _, err = waiting.communicate()
        assert waiting.returncode == 0, err
    assert len(engine.json("releases")["releases"]) == 2


def test_of_a_holder_that_was_killed_it_is_taken_over(engine: Any) -> None:
    with held(engine) as holder:
        holder.kill()
        holder.wait()
        done = engine.call("apply", "--yes", "--lock-timeout", "0")
    assert done.exit_code == 0
    assert "ada@desk" in done.stderr
    assert RUN in done.stderr
    engine.change(WELCOME, "Hello ", "Hi ")
    assert "ada@desk" not in engine.call("apply", "--yes").stderr


def test_a_holder_that_merely_sleeps_keeps_it(engine: Any) -> None:
    with held(engine) as holder:
        holder.send_signal(signal.SIGSTOP)
        engine.refused("apply", "--yes", "--lock-timeout", "0.1", code=7)
        holder.send_signal(signal.SIGCONT)
    assert len(engine.json("releases")["releases"]) == 1


@pytest.mark.parametrize(
    ("variables", "run"),
    [
        ({}, None),
        (GITHUB, "https://github.example/acme/messages/actions/runs/42"),
        ({**GITHUB, "GITHUB_ACTIONS": ""}, None),
        ({"CI_JOB_URL": RUN}, RUN),  # GitLab
        ({"CIRCLE_BUILD_URL": RUN}, RUN),
        ({"BUILDKITE_BUILD_URL": RUN}, RUN),
        ({"BUILD_URL": RUN}, RUN),  # Jenkins
    ],
)
def test_knows_the_run_of_a_ci(variables: dict[str, str], run: str | None) -> None:
    assert run_of(variables) == run
