from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

import click
import engine_sandbox
import pytest
from click.testing import CliRunner, Result
from engine_sandbox.command import _show_bubbles
from engine_sandbox.network import Network
from engine_sandbox.options import SandboxOptions
from engine_sandbox.provider import Sandbox

from engine import OutboundMessage, PluginContext, Sender, SenderKind
from engine.testing.context import plugin_context

MESSAGE = OutboundMessage("m1", "acme", 1, "+14155550123", Sender("a", SenderKind.ALPHANUMERIC, "ACME"), "Hi\nAda")


@dataclass
class Engine:
    folder: Path

    def plugin_context(self, name: str, *, read_only: bool = False) -> PluginContext:
        return plugin_context(self.folder, read_only=read_only)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    async def fill() -> None:
        sandbox = Sandbox(SandboxOptions(), plugin_context(tmp_path))
        await sandbox.send(MESSAGE)
        await sandbox.send(replace(MESSAGE, to="+14155550124", media=("https://cdn.acme.example/a.png",)))
        sandbox.receive("+14155550123", "+14155550100", "Thanks 👍")
        await sandbox.close()

    asyncio.run(fill())
    return tmp_path


def phones(folder: Path, *words: str) -> Result:
    @click.group()
    def cli() -> None: ...

    engine_sandbox.register_commands(cli)
    return CliRunner().invoke(cli, ["phones", *words], obj=Engine(folder))


def test_lists_phones(folder: Path) -> None:
    document = json.loads(phones(folder, "--format", "json").stdout)
    assert document["version"] == 1
    assert {phone["number"]: phone["texts"] for phone in document["phones"]} == {"+14155550123": 2, "+14155550124": 1}
    assert len(phones(folder).stdout.splitlines()) == 2


def test_shows_a_conversation(folder: Path) -> None:
    document = json.loads(phones(folder, "+14155550123", "--format", "json").stdout)
    assert [(t["direction"], t["sender"], t["body"], t["status"]) for t in document["texts"]] == [
        ("to-phone", "ACME", "Hi\nAda", "delivered"),
        ("from-phone", "+14155550100", "Thanks 👍", "received"),
    ]
    text = phones(folder, "+14155550124").stdout
    assert "Hi\n    Ada\n    https://cdn.acme.example/a.png" in text


def test_bubbles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = Network.open(folder / "sandbox.db", read_only=True)
    _show_bubbles("+14155550123", network.conversation("+14155550123"), 2_000_000_000_000)
    network.close()
    shown = capsys.readouterr().out
    assert "│ Thanks 👍" in shown
    assert "ACME" in shown


def test_the_last_digits_are_enough(folder: Path) -> None:
    assert json.loads(phones(folder, "0124", "--format", "json").stdout)["phone"] == "+14155550124"


@pytest.mark.parametrize("number", ["+14155550199", "41555501", "", "hello"])
def test_an_unknown_phone_is_wrong_usage(folder: Path, number: str) -> None:
    assert phones(folder, number).exit_code == 64


def test_several_phones_that_end_alike_are_named(folder: Path) -> None:
    async def more() -> None:
        sandbox = Sandbox(SandboxOptions(), plugin_context(folder, seed=7))
        await sandbox.send(replace(MESSAGE, to="+16135550123"))
        await sandbox.close()

    asyncio.run(more())
    result = phones(folder, "0123")
    assert result.exit_code == 64
    assert "+16135550123" in result.stderr


def test_before_anything_was_sent(tmp_path: Path) -> None:
    assert json.loads(phones(tmp_path, "--format", "json").stdout) == {"version": 1, "phones": []}
    assert list(tmp_path.iterdir()) == []
