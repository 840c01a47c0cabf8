"""What a test shows is what happens: the same texts, played, and then taken by the real send loop on the sandbox."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import replace
from datetime import UTC, datetime

from quiet_hands import quiet_hands
from shop import Shop

from engine.contracts import PluginContext
from engine.delivery.live import Live
from engine.delivery.loop import SendLoop
from engine.delivery.queueing import Applied
from engine.inbound.line import Line
from engine.inbound.receive import receive
from engine.plugins import load
from engine.state.sqlite import SqliteStore
from engine.testing.context import plugin_context
from engine.testing.conversations.suite import Suite
from engine.types import InboundMessage, MessageState

PHONE = "+14155550123"
TEXTS = ["join please", "code red", "Stop.", "stop", "code blue", "HELP", "yes", "code green", "what?", "join"]
KEYWORDS = """\
keywords:
  join: {words: [JOIN], reply: welcome, set: {first_name: Joan}, subscribe: true, emit: joined}
  code: {words: [code], reply: said}
"""
SAID = '---\npurpose: reply\nsender: main\n---\nYou said {{ event.body | default: "nothing" }}\n'
WENT = {MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED}


def now() -> datetime:
    return datetime.now(UTC)


def without_codes(text: str | None) -> str:
    return re.sub(r"(https://go\.acme\.example/)\w{10}", r"\1…", text or "")


def done(shop: Shop) -> list[tuple[str, bool, str | None]]:
    """Each message that the send loop made of the texts: its words, whether it went, and why not."""
    plugins = load(["sandbox", "phonenumbers", "shortlinks"])
    store = SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)
    applied = Applied.of(store)
    line = Line("acme", applied.workspace("acme"), applied.release.id, provider_answers=False)

    def context(name: str) -> PluginContext:
        # Each loop has a sandbox of its own here, and no two may give out the same ids.
        return replace(plugin_context(shop.folder / "state", clock=now), random=os.urandom)

    for number, text in enumerate(TEXTS):
        receive(store, line, InboundMessage(f"in-{number}", PHONE, "67076", text), now=now())
        hands = quiet_hands(store, plugins, now, f"test:{number}")
        loop = SendLoop(hands, Live(store, plugins, context))
        asyncio.run(loop.run(drain=True))
    found = [(without_codes(m.body), m.state in WENT, m.reason) for m in store.messages()]
    store.close()
    return found


def played(shop: Shop) -> list[tuple[str, bool, str | None]]:
    """The same of the texts as a conversation, in which every expectation of an answer fails and so tells it."""
    expect = "expect: {replies: [x], reason: y, state: failed}"
    steps = "".join(f"    - {{receive: {{text: {text!r}, from: {PHONE!r}}}, {expect}}}\n" for text in TEXTS)
    path = shop.folder / "config/workspaces/acme/tests/all.yaml"
    path.parent.mkdir()
    path.write_text(f"- name: all\n  person: {{}}\n  steps:\n{steps}", encoding="utf-8")
    suite = Suite.open(shop.folder / "config")
    found = []
    for step in suite.run(suite.cases[0]).steps:
        told = {failure.what: failure.actual for failure in step.failures}
        if told["state"] != "none":  # a message was made
            went = not told["replies.0"].startswith("no text")
            found.append((without_codes(told["replies.0"]) if went else "", went, None if went else told["reason"]))
    return found


def test_a_conversation_is_what_the_send_loop_does(shop: Shop) -> None:
    here = shop.folder / "config/workspaces/acme"
    (here / "keywords.yaml").write_text(KEYWORDS, encoding="utf-8")
    (here / "templates/said.liquid").write_text(SAID, encoding="utf-8")
    shop.engine("apply", "--yes")
    live = [(body if went else "", went, reason) for body, went, reason in done(shop)]
    assert played(shop) == live
    assert len(live) >= 8
    assert any(not went for _, went, _ in live)
