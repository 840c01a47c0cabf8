"""Each exit code of the command line's contract, produced by a command that a user would run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.cli import exit_codes
from engine.plugins import load

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
WORKSPACE = "config/workspaces/acme/workspace.yaml"
PAGE = Path(__file__).parent.parent.parent / "docs/reference/exit-codes.md"


def applied(engine: Any) -> None:
    engine.run("apply", "--yes")


def ahead(engine: Any) -> None:
    applied(engine)
    engine.change(WELCOME, "Hi ", "Hello ")


def emptied(engine: Any) -> None:
    applied(engine)
    engine.remove(WELCOME)


def untouched(engine: Any) -> None:
    del engine


def invalid(engine: Any) -> None:
    engine.change(WELCOME, "sender: support", "sender: nobody")


def failing_test(engine: Any) -> None:
    engine.write(
        "config/workspaces/acme/tests/stop.yaml",
        "- name: says nothing\n  person: {id: ada, phone: '+14155550123'}\n"
        "  steps:\n    - receive: {text: STOP, to: support}\n      expect: {replies: []}\n",
    )


def people(engine: Any) -> None:
    engine.write("people.ndjson", '{"id": "ada", "phone": "+14155550123"}\n{"id": "bob", "phone": "12"}\n')


def unreadable_state(engine: Any) -> None:
    engine.write("state/engine.db", "this is no database, however long it may be" * 100)


def silent_provider(engine: Any) -> None:
    engine.change("config/engine.yaml", "[sandbox, ", "[sandbox, twilio, ")
    engine.write(
        WORKSPACE,
        "name: Acme\nbusiness: {country: US}\ndelivery:\n  provider: twilio\n"
        f"  account_sid: AC{'0' * 32}\n  auth_token: ${{TOKEN}}\n  api_url: http://127.0.0.1:9\n",
    )


ZEROS = "0" * 64
Case = tuple[int, Callable[[Any], None], tuple[str, ...], Mapping[str, str]]
CASES: list[Case] = [
    (exit_codes.FINE, untouched, ("validate",), {}),
    (exit_codes.FINE, untouched, ("plan",), {}),  # changes are no failure unless asked about
    (exit_codes.FINE, applied, ("plan", "--detailed-exitcode"), {}),
    (exit_codes.FINE, applied, ("apply", "--yes"), {}),
    (exit_codes.FINE, emptied, ("plan",), {}),  # a rail is no failure of the plan that shows it
    (exit_codes.CHANGES, untouched, ("plan", "--detailed-exitcode"), {}),
    (exit_codes.CHANGES, ahead, ("plan", "--detailed-exitcode"), {}),
    (exit_codes.CHANGES, ahead, ("status", "--exit-code"), {}),
    (exit_codes.CONFIG, invalid, ("validate",), {}),
    (exit_codes.CONFIG, invalid, ("plan",), {}),
    (exit_codes.CONFIG, invalid, ("apply", "--yes"), {}),
    (exit_codes.TESTS, failing_test, ("test",), {}),
    (exit_codes.TESTS, untouched, ("test", "--coverage-min", "100"), {}),
    (exit_codes.RAIL, emptied, ("apply", "--yes"), {}),
    (exit_codes.STALE, untouched, ("apply", "--yes", "--digest", ZEROS), {}),
    (exit_codes.STALE, ahead, ("apply", "--yes", "--digest", ZEROS), {}),
    (exit_codes.PARTLY, people, ("people", "import", "people.ndjson", "--workspace", "acme"), {}),
    (exit_codes.OUTSIDE, silent_provider, ("apply", "--yes"), {"TOKEN": "0" * 32}),
    (exit_codes.OUTSIDE, unreadable_state, ("status",), {}),
    (exit_codes.OUTSIDE, untouched, ("status", "--health"), {}),
    (exit_codes.USAGE, untouched, ("plan", "--nosuch"), {}),
    (exit_codes.USAGE, untouched, ("nosuch",), {}),
    (exit_codes.USAGE, untouched, ("apply",), {}),  # off a terminal, without --yes
    (exit_codes.USAGE, untouched, ("rollback", "nosuch", "--yes"), {}),
    (exit_codes.USAGE, untouched, ("send", "club/welcome", "--workspace", "acme", "--to", "+14155550123"), {}),
]
ELSEWHERE = {exit_codes.INTERNAL, exit_codes.LOCK}
"""Codes that need more than one command; each has a test of its own below."""


@pytest.mark.parametrize(
    ("code", "prepare", "words", "variables"),
    CASES,
    ids=[f"{code} {prepare.__name__} {' '.join(words)[:40]}" for code, prepare, words, _ in CASES],
)
def test_ends_with(
    engine: Any, code: int, prepare: Callable[[Any], None], words: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    prepare(engine)
    engine.run(*words, code=code, **variables)


def test_1_is_a_bug(engine: Any) -> None:
    engine.write(
        "broken.py",
        "import engine.config.load as load\n\ndef broken(*args, **kwargs):\n    raise ZeroDivisionError\n\n"
        "load.load = broken\nfrom engine.cli import main\n\nmain()\n",
    )
    words = [sys.executable, "broken.py", "validate"]
    done = subprocess.run(words, cwd=engine.folder, capture_output=True, text=True, check=False)
    assert done.returncode == exit_codes.INTERNAL
    assert "Traceback" in done.stderr


def test_7_is_a_lock_that_somebody_has(engine: Any) -> None:
    applied(engine)
    store = load([]).store("sqlite").open("sqlite:///state/engine.db", folder=engine.folder)
    with store.lock("apply", holder="grace@desk", wait=timedelta(0)):
        engine.refused("apply", "--yes", "--lock-timeout", "0", code=exit_codes.LOCK)
    store.close()
    engine.run("apply", "--yes", "--lock-timeout", "0")


def test_none_is_left_out() -> None:
    every = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {code for code, *_ in CASES} | ELSEWHERE == every
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)}
    assert told - {130} == every  # that of Ctrl-C is the shell's, 128 and the signal
