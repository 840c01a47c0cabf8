"""Going back to an earlier release, as a plan like any other."""

from __future__ import annotations

from typing import Any

import pytest

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
NEWS = "config/workspaces/acme/templates/news.liquid"
ADDRESS = "acme/template/club/welcome"


@pytest.fixture
def first(engine: Any) -> str:
    """Three releases: Hi, Hello, and Hello with news. Gives the first one's id."""
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hello ")
    engine.run("apply", "--yes")
    engine.write(NEWS, "---\npurpose: marketing\nsender: support\n---\nNews\n")
    engine.run("apply", "--yes")
    found: str = engine.json("releases")["releases"][-1]["release"]
    return found


def newest(engine: Any) -> dict[str, Any]:
    found: dict[str, Any] = engine.json("releases", "--limit", "1")["releases"][0]
    return found


def test_makes_a_new_release_of_what_was(engine: Any, first: str) -> None:
    before = newest(engine)
    done = engine.json("rollback", first, "--yes")
    assert [(r["address"], r["action"]) for r in done["results"]] == [
        (ADDRESS, "update"),
        ("acme/template/news", "delete"),
    ]
    release = newest(engine)
    assert (release["release"], release["live"], release["base"]) == (done["release"], True, before["release"])
    assert (release["restores"], before["restores"]) == (first, None)
    assert done["release"] != first
    assert f"back to {first}" in engine.run("releases")
    # The files are ahead of it, and say so.
    assert engine.json("status")["changes"] == {"create": 1, "update": 1, "delete": 0}


def test_shows_the_plan_and_what_people_would_read(engine: Any, first: str) -> None:
    plan = engine.json("rollback", first, "--plan")
    assert [(c["address"], c["action"]) for c in plan["changes"]] == [
        (ADDRESS, "update"),
        ("acme/template/news", "delete"),
    ]
    (effect,) = plan["changes"][0]["effects"]
    assert [effect[side]["body"].split()[0] for side in ("before", "after")] == ["Hello", "Hi"]
    assert ADDRESS in engine.run("rollback", first, "--plan")
    assert len(engine.json("releases")["releases"]) == 3


def test_has_the_digest_that_was_reviewed(engine: Any, first: str) -> None:
    digest = engine.json("rollback", first, "--plan")["digest"]
    engine.refused("rollback", first, "--yes", "--digest", "0" * 64, code=6)
    assert engine.json("rollback", first, "--yes", "--digest", digest)["digest"] == digest


def test_has_rails(engine: Any, first: str) -> None:
    engine.change(NEWS, "sender: support", "sender: support\nprotect: true")
    engine.run("apply", "--yes")
    assert "--allow protect:acme/template/news" in engine.refused("rollback", first, "--yes", code=5)
    engine.run("rollback", first, "--yes", "--allow", "protect:acme/template/news")
    assert newest(engine)["allowed"] == ["protect:acme/template/news"]


def test_to_what_is_live_changes_nothing(engine: Any, first: str) -> None:
    live = newest(engine)["release"]
    assert engine.json("rollback", live, "--yes") == {
        "version": 1,
        "release": live,
        "digest": newest(engine)["digest"],
        "changes": 0,
        "results": [],
    }
    assert len(engine.json("releases")["releases"]) == 3


def test_back_and_forth_is_as_it_was(engine: Any, first: str) -> None:
    last = newest(engine)["release"]
    engine.run("rollback", first, "--yes")
    engine.run("rollback", last, "--yes")
    assert engine.json("plan")["changes"] == []


def test_needs_no_config_that_can_be_read(engine: Any, first: str) -> None:
    engine.write(WELCOME, "---\npurpose: [\n---\n")
    engine.refused("plan", code=3)
    assert engine.json("rollback", first, "--yes")["changes"] == 2


def test_is_of_one_environment(engine: Any, first: str) -> None:
    engine.write("config/environments/staging.yaml", "{}\n")
    engine.refused("--env", "staging", "rollback", first, "--yes", code=64)
    engine.run("rollback", first, "--yes")


@pytest.mark.parametrize(
    "words",
    [
        ("nosuch", "--yes"),
        ("", "--yes"),
        ("FIRST",),  # off a terminal without a yes
        ("FIRST", "--yes", "--plan"),
        ("FIRST", "--yes", "--format", "html"),  # only a plan is a page
        ("FIRST", "--yes", "--allow", "everything"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_64(engine: Any, first: str, words: tuple[str, ...]) -> None:
    engine.refused("rollback", *(first if word == "FIRST" else word for word in words), code=64)
    assert len(engine.json("releases")["releases"]) == 3


class TestOneRelease:
    """`engine releases RELEASE`."""

    def test_shows_what_it_changed(self, engine: Any, first: str) -> None:
        second = engine.json("releases")["releases"][1]["release"]
        shown = engine.json("releases", second)
        assert shown["release"]["release"] == second
        (change,) = shown["changes"]
        assert (change["address"], change["action"], change["fields"]) == (ADDRESS, "update", ["body"])
        said = engine.run("releases", second)
        assert ADDRESS in said
        assert shown["release"]["digest"] in said

    def test_is_known_by_how_it_begins(self, engine: Any, first: str) -> None:
        assert engine.json("releases", first[:12])["release"]["release"] == first
        engine.refused("releases", "nosuch", code=64)

    def test_shows_what_it_was_allowed(self, engine: Any, first: str) -> None:
        (engine.folder / NEWS).unlink()
        (engine.folder / WELCOME).unlink()
        engine.run("apply", "--yes", "--allow", "empty:acme/template")
        assert "empty:acme/template" in engine.run("releases")
        assert "empty:acme/template" in engine.run("releases", newest(engine)["release"])
