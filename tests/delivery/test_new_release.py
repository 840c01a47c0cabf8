"""A send loop that runs while releases come: it needs no restart to follow them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from shop import WELCOME, WORKSPACE, Shop

TEMPLATE = "config/workspaces/acme/templates/welcome.liquid"
SETTINGS = "config/workspaces/acme/workspace.yaml"
SENDERS = "config/workspaces/acme/senders.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write()
    return made


def settings(countries: str) -> str:
    text = WORKSPACE.format(delivery="{provider: sandbox}", lease="60s", look_ups="[1s]", on_doubt="hold")
    assert "[US, CA]" in text
    return text.replace("[US, CA]", countries)


def test_words_senders_and_settings_of_a_release_count_as_soon_as_it_is_live(shop: Shop) -> None:
    (shop.folder / SETTINGS).write_text(settings("[US]"))
    loop = shop.start("run", "--format", "ndjson")
    answers: dict[str, dict[str, Any]] = {}

    def ends(message_id: str) -> dict[str, Any]:
        """Gives the first change of a message that is its provider's or a gate's answer."""
        assert loop.stdout is not None
        while message_id not in answers:
            change: dict[str, Any] = json.loads(next(loop.stdout))
            if change["state"] not in ("queued", "claimed", "sending"):
                answers.setdefault(change["message"], change)
        return answers[message_id]

    def send(to: str) -> str:
        (message_id,) = shop.json("send", "welcome", "--workspace", "acme", "--to", to)["messages"]
        return str(message_id)

    try:
        shop.engine("apply", "--yes")  # the first release: the loop began without one
        at_first, abroad = send("+14155550150"), send("+14165550150")
        assert ends(at_first)["state"] == "accepted"
        assert ends(abroad)["reason"] == "country.not-allowed: CA"

        (shop.folder / SETTINGS).write_text(settings("[US, CA]"))
        (shop.folder / SENDERS).write_text('senders:\n  second: {number: "67077", kind: short-code, rate: 1000/s}\n')
        for file in (shop.folder / "config/workspaces/acme/templates").iterdir():
            file.write_text(file.read_text().replace("sender: main", "sender: second"))
        (shop.folder / TEMPLATE).write_text(WELCOME.replace("sender: main", "sender: second").replace("Hi ", "Hello "))
        allowed = [f"--allow={blocked['allow']}" for blocked in shop.json("plan")["blocked"]]
        shop.engine("apply", "--yes", *allowed)
        later = send("+14165550151")
        assert ends(later)["state"] == "accepted"
        loop.send_signal(signal.SIGTERM)
        _, errors = loop.communicate()
        assert loop.returncode == 0, errors
    finally:
        loop.kill()
        loop.communicate()
    messages = {message["id"]: message for message in shop.messages()}
    assert messages[at_first]["body"].startswith("Hi there")
    assert (messages[later]["body"][:11], messages[later]["from"]) == ("Hello there", "67077")
