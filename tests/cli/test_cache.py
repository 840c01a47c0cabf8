"""What plan and validate keep changes nothing that they print, and nothing live is made of it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ada_git import git

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"


def test_what_is_live_never_comes_from_the_cache(engine: Any) -> None:
    """A cache that lies, though it is in every way as it should be, can mislead who looks; apply reads the files."""
    cache = engine.folder / "cache"
    engine.run("plan", ENGINE_CACHE=str(cache))
    (file,) = cache.iterdir()
    head, _, body = file.read_bytes().partition(b"\n")
    lie = body.replace(b"welcome to", b"farewell to")
    assert lie != body
    file.write_bytes(head.rsplit(b" ", 1)[0] + b" " + sha256(lie).hexdigest().encode() + b"\n" + lie)
    assert "farewell to" in engine.run("plan", ENGINE_CACHE=str(cache))
    engine.run("apply", "--yes", ENGINE_CACHE=str(cache))
    assert "farewell to" in engine.run("plan", ENGINE_CACHE=str(cache))
    assert engine.json("plan")["changes"] == []


def test_plans_are_the_same_and_edits_are_seen_at_once(engine: Any) -> None:
    cache = str(engine.folder / "cache")
    engine.run("apply", "--yes")
    for edit in (None, ("welcome to", "hello from"), ("hello from", "good day from")):
        if edit is not None:
            engine.change(WELCOME, *edit)
        for command in (("plan",), ("validate",), ("plan", "--no-refresh")):
            expected = engine.json(*command)
            assert engine.json(*command, ENGINE_CACHE=cache) == expected
            assert engine.json(*command, ENGINE_CACHE=cache) == expected


def test_a_plan_against_a_revision_keeps_both_sides(engine: Any) -> None:
    git(engine.folder, "init", "-q", "-b", "main")
    git(engine.folder, "add", "config")
    git(engine.folder, "commit", "-q", "-m", "Start")
    cache = engine.folder / "cache"
    engine.change(WELCOME, "welcome to", "hello from")
    expected = engine.json("plan", "--against", "HEAD")
    assert expected["summary"]["update"] == 1
    for _ in range(2):
        assert engine.json("plan", "--against", "HEAD", ENGINE_CACHE=str(cache)) == expected
    (file,) = cache.iterdir()
    text = file.read_text(encoding="ascii")
    assert "welcome to" in text
    assert "hello from" in text
