"""Plugins with bugs, installed as a stranger's would be: no message is lost, none goes twice, and the loop ends."""

from __future__ import annotations

from pathlib import Path

import pytest
import stranger
from shop import Shop

MODULE = """
from typing import ClassVar
from engine import (
    Absent, NumberNormaliser, Options, Provider, ProviderStatus, Receipt, Shortener, StatusUpdate, hookimpl,
)


class BuggyOptions(Options):
    bug: str = "none"


class Buggy(Provider):
    name: ClassVar[str] = "buggy"
    options_model: ClassVar[type[Options]] = BuggyOptions

    async def send(self, message):
        with open("sent.log", "a") as log:
            log.write(message.to + "\\n")
        if self.options.bug == "send-nothing":
            return None
        if self.options.bug in ("send", "find"):
            raise RuntimeError("a bug in send")
        return Receipt(f"B-{message.id}")

    async def find(self, message, *, since, taken):
        if self.options.bug == "find":
            raise RuntimeError("a bug in find")
        return Absent()

    async def status(self, provider_id):
        if self.options.bug == "status":
            raise RuntimeError("a bug in status")
        return StatusUpdate(provider_id, ProviderStatus.DELIVERED)

    async def senders(self):
        return []

    async def close(self):
        if self.options.bug == "close":
            raise RuntimeError("a bug in close")


class BuggyShortener(Shortener):
    name: ClassVar[str] = "buggy-links"

    def shorten(self, url, *, message_id, position):
        raise RuntimeError("a bug in shorten")

    def preview(self, url):
        return self.domain + "/0000abc123"


@hookimpl
def register_providers():
    return [Buggy]


@hookimpl
def register_shorteners():
    return [BuggyShortener]


@hookimpl
def observe(event):
    raise RuntimeError("a bug in observe")
"""


@pytest.fixture
def buggy(tmp_path: Path) -> Shop:
    """A shop with a plugin that crashes where it is told to."""
    return stranger.install(tmp_path, "buggy", MODULE)


def apply(shop: Shop, bug: str, shortener: str = "shortlinks") -> None:
    shop.write(delivery=f"{{provider: buggy, bug: {bug}}}")
    stranger.name_it(shop, "buggy")
    workspace = shop.folder / "config/workspaces/acme/workspace.yaml"
    workspace.write_text(workspace.read_text().replace("links: {", f"links: {{shortener: {shortener}, "))
    shop.engine("apply", "--yes", "--no-refresh")


def sent(shop: Shop) -> list[str]:
    log = shop.folder / "sent.log"
    return log.read_text().split() if log.exists() else []


@pytest.mark.parametrize(
    ("bug", "state"),
    [
        ("none", "delivered"),
        ("status", "accepted"),
        ("close", "delivered"),
        ("send", "held"),
        ("send-nothing", "held"),
        ("find", "held"),
    ],
)
def test_a_bug_in_a_provider(buggy: Shop, bug: str, state: str) -> None:
    apply(buggy, bug)
    numbers = ["+14155550101", "+14155550102"]
    for number in numbers:
        buggy.engine("send", "code", "-w", "acme", "--to", number, "--data", '{"code": "1"}')
    buggy.engine("run", "--drain")
    assert buggy.states() == {state: 2}
    assert sorted(sent(buggy)) == numbers


def test_a_bug_in_a_shortener_puts_off_its_own_messages_alone(buggy: Shop) -> None:
    apply(buggy, "none", shortener="buggy-links")
    buggy.engine("send", "welcome", "-w", "acme", "--to", "+14155550101")
    buggy.engine("send", "code", "-w", "acme", "--to", "+14155550102", "--data", '{"code": "1"}')
    buggy.engine("run", "--drain")
    states = {message["template"]: (message["state"], message["reason"]) for message in buggy.messages()}
    assert states["code"] == ("delivered", None)
    assert states["welcome"][0] == "queued"
    assert states["welcome"][1].startswith("plugin.crashed")


def test_a_worker_without_a_plugin_blames_no_message(buggy: Shop) -> None:
    apply(buggy, "none")
    buggy.engine("send", "code", "-w", "acme", "--to", "+14155550101", "--data", '{"code": "1"}')
    engine_yaml = buggy.folder / "config/engine.yaml"
    whole = engine_yaml.read_text()
    engine_yaml.write_text(whole.replace("phonenumbers, ", ""))
    buggy.engine("run", "--drain", code=9)
    assert buggy.states() == {"queued": 1}
    engine_yaml.write_text(whole)
    buggy.engine("run", "--drain")
    assert buggy.states() == {"delivered": 1}
