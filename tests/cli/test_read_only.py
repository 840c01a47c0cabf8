"""Plan, preview, validate, test and whatever else only looks change nothing: not at a provider, not in the state, not
in the files, with every plugin of ours loaded."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from twilio_account import ACCOUNT, NUMBER, delivery, posts, use_twilio

from engine.cli.context import App
from engine.contracts import PluginContext
from engine.plugins import BUILT_IN
from engine.testing.twilio_emulator import Fault, TwilioEmulator

PLUGINS = ["mms", "phonenumbers", "sandbox", "shortlinks", "twilio"]
TEMPLATE = """\
---
purpose: marketing
sender: {sender}
media: ["https://cdn.acme.example/a.png"]
---
Hi {{{{ customer.first_name }}}}: https://acme.example/card
"""
TESTS = """\
- name: says hello
  person: {id: ada, phone: "+14155550123", first_name: Ada}
  steps:
    - receive: {text: hello, to: support}
      expect: {rule: hello}
    - send: {template: news}
"""
LOOKING = [
    ("plan",),
    ("plan", "--no-refresh"),
    ("plan", "--format", "json"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "html", "--out", "{out}/plan.json"),
    ("preview",),
    ("preview", "news", "-w", "acme", "--html", "{out}/preview"),
    ("validate",),
    ("validate", "--format", "sarif"),
    ("test", "--coverage"),
    ("test", "--junit", "{out}/junit.xml"),
    ("status",),
    ("senders",),
    ("senders", "pull", "-w", "acme", "--dry-run"),
    ("route", "hello", "-w", "acme", "--to", "support"),
    ("releases",),
    ("messages",),
    ("plugins",),
    ("fmt", "--check"),
]
"""Commands that only look. `fmt --check` ends with 3, since this config is not in canonical form."""


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account=ACCOUNT) as running:
        yield running


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch) -> list[PluginContext]:
    """Every context that a plugin was built with."""
    made: list[PluginContext] = []
    build = App.plugin_context

    def building(self: App, name: str, *, read_only: bool = False) -> PluginContext:
        made.append(build(self, name, read_only=read_only))
        return made[-1]

    monkeypatch.setattr(App, "plugin_context", building)
    return made


@pytest.fixture(autouse=True)
def project(engine: Any, emulator: TwilioEmulator, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A workspace at Twilio and one in the sandbox, with all that the plugins have a say in."""
    use_twilio(engine, emulator)
    engine.change("config/engine.yaml", "[twilio, sandbox, phonenumbers, shortlinks]", str(PLUGINS))
    engine.change(
        "config/workspaces/acme/workspace.yaml",
        delivery(emulator),
        f"{delivery(emulator)}\nlinks: {{domain: https://go.acme.example}}",
    )
    engine.remove("config/workspaces/acme/templates/club/welcome.liquid")
    engine.remove("config/workspaces/acme/snippets/footer.liquid")
    engine.change("config/workspaces/acme/senders.yaml", "kind: long-code", "kind: long-code, mms: true")
    people = (engine.folder / "config/workspaces/acme/people.yaml").read_text(encoding="utf-8")
    engine.write("config/workspaces/beta/people.yaml", people)
    engine.write("config/workspaces/beta/workspace.yaml", "name: Beta\nbusiness: {country: US}\n")
    engine.write(
        "config/workspaces/beta/senders.yaml", 'senders:\n  desk: {number: "67076", kind: short-code, mms: true}\n'
    )
    for workspace, sender in (("acme", "support"), ("beta", "desk")):
        engine.write(f"config/workspaces/{workspace}/templates/news.liquid", TEMPLATE.format(sender=sender))
    engine.write("config/workspaces/acme/keywords.yaml", "keywords:\n  hello: {words: [hello], set: {met: true}}\n")
    engine.write("config/workspaces/acme/tests/hello.yaml", TESTS)
    engine.variables["ENGINE_CACHE"] = str(tmp_path_factory.mktemp("cache"))


def never_again(emulator: TwilioEmulator) -> None:
    """Lets every call fail that is more than a question."""
    emulator.faults.script(*(Fault.refused(20403, status=403, on=on, times=1000) for on in ("create", "configure")))


def test_every_plugin_of_ours_is_loaded() -> None:
    assert sorted({entry.name for entry in entry_points(group="engine")} - set(BUILT_IN)) == PLUGINS


def test_what_only_looks_changes_nothing(
    engine: Any, emulator: TwilioEmulator, contexts: list[PluginContext], tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine.run("apply", "--yes")
    engine.run("send", "news", "-w", "beta", "--to", "+14155550123")
    engine.run("receive", "hello", "-w", "beta", "--from", "+14155550123", "--to", "desk")
    # Something of everything is to be planned: here, at the provider, and what somebody has changed there.
    engine.change("config/workspaces/acme/templates/news.liquid", "Hi ", "Hello ")
    emulator.console.change(NUMBER, sms_url="https://old.acme.example/sms")
    never_again(emulator)
    set_up, before = len(posts(emulator)), snapshot(engine.folder)
    assert any(name.endswith("sandbox.db") for name in before), "the sandbox has its network there"
    contexts.clear()
    out = tmp_path_factory.mktemp("out")
    for words in LOOKING:
        done = engine.call(*(word.format(out=out) for word in words))
        assert done.exit_code == (3 if words[0] == "fmt" else 0), (words, done.output)
        assert posts(emulator)[set_up:] == [], words
        assert snapshot(engine.folder) == before, words
        assert all(context.read_only for context in contexts), words
    assert contexts, "plugins were built"
    assert any(seen.method == "GET" for seen in emulator.ledger.requests)
    # The same eyes see what is a change.
    assert engine.call("apply", "--yes").exit_code == 8
    assert len(posts(emulator)) > set_up
    assert snapshot(engine.folder) != before


def test_where_nothing_was_applied_nothing_is_made(
    engine: Any, emulator: TwilioEmulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    never_again(emulator)
    out, before = tmp_path_factory.mktemp("out"), snapshot(engine.folder)
    for words in LOOKING:
        engine.call(*(word.format(out=out) for word in words))
        assert snapshot(engine.folder) == before, words
    assert not (engine.folder / "state").exists()
    assert posts(emulator) == []


def snapshot(folder: Path) -> dict[str, str]:
    """Gives a digest of every file, and of every table of every SQLite file: row by row, since the files beside it that
    SQLite keeps for readers come and go."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.endswith(("-shm", "-wal")) and "__pycache__" not in name:
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        if name.endswith(".db"):
            found |= {f"{name}:{table}": digest for table, digest in tables(path)}
    return found


def tables(path: Path) -> Iterator[tuple[str, str]]:
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in reader.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' UNION SELECT 'sqlite_schema'"
        ):
            rows = sorted(map(repr, reader.execute(f'SELECT * FROM "{table}"')))
            yield table, hashlib.sha256("\n".join(rows).encode()).hexdigest()
    finally:
        reader.close()
