"""Rails as a user meets them: plan lists, apply refuses, and the release remembers what was allowed."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
WORKSPACE = "config/workspaces/acme/workspace.yaml"


def template(number: int) -> str:
    return f"config/workspaces/acme/templates/t{number}.liquid"


def write(engine: Any, count: int) -> None:
    for number in range(count):
        engine.write(template(number), "---\npurpose: transactional\nsender: support\n---\nOne\n")


def blocked(engine: Any) -> list[str]:
    """Gives what plan says that apply needs to be told."""
    return [one["allow"] for one in engine.json("plan")["blocked"]]


def allowed(engine: Any) -> list[str]:
    found: list[str] = engine.json("releases", "--limit", "1")["releases"][0]["allowed"]
    return found


@pytest.mark.parametrize(
    ("count", "limits", "rail"),
    [
        (20, "", "delete-share:acme/template"),  # 12 of 21
        (20, "rails: {delete: 5}\n", "delete-count:acme/template"),
        (20, "rails: {kinds: {template: {delete: 5}}}\n", "delete-count:acme/template"),
    ],
)
def test_of_what_would_go_too_much(engine: Any, count: int, limits: str, rail: str) -> None:
    engine.change(WORKSPACE, "business:", f"{limits}business:")
    write(engine, count)
    assert blocked(engine) == []
    engine.run("apply", "--yes")
    for number in range(12):
        engine.remove(template(number))
    assert blocked(engine) == [rail]
    assert f"--allow {rail}" in engine.run("plan")
    assert f"--allow {rail}" in engine.refused("apply", "--yes", code=5)
    engine.refused("apply", "--yes", "--allow", "delete-share:acme/sender", code=5)
    engine.run("apply", "--yes", "--allow", rail, "--allow", "empty:acme/template")
    assert allowed(engine) == [rail]  # and no more than was needed


def test_several_at_once_need_an_allowance_each(engine: Any) -> None:
    engine.write("config/workspaces/acme/keywords.yaml", "consent: {stop: {extra_words: [BASTA]}}\n")
    engine.run("apply", "--yes")
    engine.remove("config/workspaces/acme/keywords.yaml")
    engine.remove(WELCOME)
    rails = ["opt-out:acme/consent", "empty:acme/template"]
    assert blocked(engine) == rails
    for rail in rails:
        engine.refused("apply", "--yes", "--allow", rail, code=5)
    engine.run("apply", "--yes", *(word for rail in rails for word in ("--allow", rail)))
    assert allowed(engine) == sorted(rails)


def test_what_waits_keeps_what_it_needs(engine: Any) -> None:
    write(engine, 2)
    engine.run("apply", "--yes")
    engine.run("send", "t1", "--workspace", "acme", "--to", "+14155550123")
    engine.remove(template(1))
    assert blocked(engine) == ["queued:acme/template/t1"]
    engine.refused("apply", "--yes", code=5)
    engine.run("cancel", "--workspace", "acme", "--template", "t1")
    assert blocked(engine) == []
    engine.run("apply", "--yes")


def test_a_plan_against_a_revision_has_rails_too(engine: Any) -> None:
    write(engine, 20)
    for words in (("init", "-q"), ("add", "config"), ("commit", "-q", "-m", "First")):
        who = ("-c", "user.name=Ada Example", "-c", "user.email=ada@acme.example")
        subprocess.run(["git", *who, *words], cwd=engine.folder, check=True)
    for number in range(12):
        engine.remove(template(number))
    plan = engine.json("plan", "--against", "HEAD")
    assert [one["allow"] for one in plan["blocked"]] == ["delete-share:acme/template"]
    assert not (engine.folder / "state").exists()
