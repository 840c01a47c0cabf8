"""schema, fmt, init, new, plugins and completion."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import Any

import pytest

ACME = "config/workspaces/acme/"


@pytest.fixture
def empty(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The command line in a folder with nothing in it."""
    return replace(engine, folder=tmp_path_factory.mktemp("empty"))


def test_the_starter_works_from_end_to_end(empty: Any) -> None:
    empty.run("init", "shop")
    shop = replace(empty, folder=empty.folder / "shop")
    assert shop.json("validate", "--strict")["findings"] == []
    assert shop.run("fmt", "--check") == ""
    previews = shop.json("preview")["previews"]
    assert {preview["template"] for preview in previews} == {"welcome", "orders/ready", "support/unknown"}
    shop.run("apply", "--yes")
    imported = shop.json("people", "import", "people.csv", "--workspace", "shop", code=8)
    assert (imported["imported"], len(imported["rejected"])) == (2, 1)
    shop.run("send", "welcome", "--workspace", "shop", "--everyone")
    shop.run("run", "--drain")
    messages = shop.json("messages")["messages"]
    assert {message["state"] for message in messages} == {"delivered"}
    assert sorted(message["body"][:8] for message in messages) == ["Hi Ada, ", "Hi Grace"]


def test_init_overwrites_nothing(empty: Any) -> None:
    empty.write("people.csv", "mine\n")
    assert "people.csv" in empty.refused("init", code=64)
    assert not (empty.folder / "config").exists()
    (empty.folder / "people.csv").unlink()
    empty.write(".gitignore", "mine\n")
    written = empty.json("init")["files"]
    assert ".gitignore" not in written
    assert "config/engine.yaml" in written
    assert (empty.folder / ".gitignore").read_text() == "mine\n"
    empty.refused("init", code=64)


@pytest.mark.parametrize("kind", ["sender", "template", "keyword", "snippet", "person"])
@pytest.mark.parametrize("name", ["bye", "no", "007", "two-words"])
def test_what_is_new_is_valid_and_stays(engine: Any, kind: str, name: str) -> None:
    engine.run("new", kind, name)
    assert engine.json("validate", "--strict")["findings"] == []
    before = {path: path.read_text() for path in engine.folder.rglob("*.*") if path.is_file()}
    engine.refused("new", kind, name, code=64)
    assert {path: path.read_text() for path in before} == before


def test_a_new_workspace_grows(engine: Any) -> None:
    engine.run("new", "workspace", "north", "--country", "NO")
    assert "sender" in engine.refused("new", "template", "hi", "--workspace", "north", code=64)
    assert "north" in engine.refused("new", "sender", "desk", code=64)  # which of the two?
    engine.run("new", "sender", "desk", "--workspace", "north")
    engine.run("new", "template", "deep/hi", "--workspace", "north")
    assert engine.json("validate", "--strict")["findings"] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("people: {}\n", "people:\n  bob: "),
        ("people:\n", "people:\n  bob: "),
        ("# who\n", "# who\npeople:\n  bob: "),
        ("people: {a: {x: 1}} # all\n", "people: {a: {x: 1}, bob: "),
        ("people:\n    a: {x: 1} # a\n# the end\n", "people:\n    a: {x: 1} # a\n    bob: "),
        ("people:\n  a:\n    x: 1\n\n# the end\n", "people:\n  a:\n    x: 1\n  bob: "),
    ],
)
def test_files_grow_without_losing_anything(engine: Any, before: str, after: str) -> None:
    engine.write(f"{ACME}people.yaml", before)
    engine.run("new", "person", "bob")
    text = (engine.folder / f"{ACME}people.yaml").read_text()
    assert text.startswith(after)
    assert text.count("#") == before.count("#")
    assert engine.json("validate")["valid"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("new", "sender", "Big Name"), 64),
        (("new", "template", "../../escape"), 64),
        (("new", "thing", "x"), 64),
        (("new", "workspace", "x", "--country", "UK"), 64),
        (("new", "sender", "x", "--workspace", "acm"), 64),
        (("--config", "nowhere", "new", "sender", "x"), 3),
        (("schema", "--kind", "sender"), 64),
        (("completion", "powershell"), 64),
    ],
)
def test_what_cannot_be_meant_is_refused(engine: Any, words: tuple[str, ...], code: int) -> None:
    assert engine.refused(*words, code=code)


def test_nothing_is_added_to_a_broken_file(engine: Any) -> None:
    engine.write(f"{ACME}people.yaml", "people: [x\n")
    assert "people.yaml:1:" in engine.refused("new", "person", "bob", code=3)


def test_fmt_changes_what_it_says_and_nothing_else(engine: Any) -> None:
    engine.write(f"{ACME}people.yaml", "people:\n    a: {x: 1}\n")
    engine.write(f"{ACME}templates/x.liquid", "---\nsender: support\npurpose: reply\n---\nx  \n\n")
    changed = [f"{ACME}people.yaml", f"{ACME}templates/x.liquid"]
    assert engine.json("fmt", "--check", code=3) == {"version": 1, "changed": changed, "findings": []}
    assert engine.json("fmt")["changed"] == changed
    assert engine.json("fmt", "--check")["changed"] == []
    text = (engine.folder / changed[1]).read_text()
    assert text == "---\npurpose: reply\nsender: support\n---\nx  \n\n"


def test_fmt_leaves_broken_files_and_says_so(engine: Any) -> None:
    engine.write(f"{ACME}people.yaml", "people: [\n")
    engine.write(f"{ACME}workspace.yaml", "business: {country: US}\nname: A\n")
    got = engine.json("fmt", code=3)
    assert [finding["code"] for finding in got["findings"]] == ["yaml.syntax"]
    assert got["changed"] == [f"{ACME}workspace.yaml"]
    assert (engine.folder / f"{ACME}people.yaml").read_text() == "people: [\n"


def test_schemas_are_printed_or_written(engine: Any) -> None:
    one = json.loads(engine.run("schema", "--kind", "workspace"))
    assert [option["title"] for option in one["$defs"]["Delivery"]["anyOf"]] == ["sandbox"]
    every = json.loads(engine.run("schema"))
    assert every["workspace"] == one
    engine.run("schema", "--out", "made")
    assert {path.name for path in (engine.folder / "made").iterdir()} == {f"{kind}.schema.json" for kind in every}
    assert json.loads((engine.folder / "made/workspace.schema.json").read_text()) == one


def test_schemas_need_no_config(empty: Any) -> None:
    assert json.loads(empty.run("schema", "--kind", "engine"))["required"] == ["engine", "plugins"]


def test_plugins_are_listed_with_what_they_do(engine: Any) -> None:
    found = {plugin["name"]: plugin for plugin in engine.json("plugins")["plugins"]}
    assert {name for name, plugin in found.items() if plugin["loaded"]} == {
        "sandbox", "phonenumbers", "shortlinks", "sqlite",
    }  # fmt: skip
    assert "register_providers" in found["sandbox"]["hooks"]
    assert (found["twilio"]["distribution"], found["twilio"]["hooks"]) == ("engine-sms-twilio", [])
    assert engine.run("plugins").splitlines()[0].split("\t") == ["plugin", "distribution", "version", "loaded", "hooks"]


def test_plugins_are_listed_without_a_config(empty: Any) -> None:
    assert {plugin["loaded"] for plugin in empty.json("plugins")["plugins"]} == {False}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(engine: Any, shell: str) -> None:
    assert "_ENGINE_COMPLETE" in engine.run("completion", shell)


def test_names_are_completed(engine: Any) -> None:
    def complete(*words: str) -> str:
        typed = {"COMP_WORDS": " ".join(("engine", *words)), "COMP_CWORD": str(len(words))}
        asked = os.environ | typed | {"_ENGINE_COMPLETE": "bash_complete"}
        done = subprocess.run(["engine"], cwd=engine.folder, env=asked, capture_output=True, text=True, check=False)
        return done.stdout

    assert complete("new", "sender", "x", "--workspace", "a") == "plain,acme\n"
    assert "plain,validate" in complete("val").split()
