"""Texts from phones on the sandbox, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shop import Shop

PHONE = "+14155550123"
KEYWORDS = """\
keywords:
  join: {words: [JOIN], reply: welcome, set: {first_name: Joan}, subscribe: true, emit: joined}
  code: {words: [code], reply: said}
"""
SAID = """\
---
description: Echo
purpose: reply
sender: main
---
You said {{ event.body | default: "nothing" }} to {{ event.to | default: "us" }}
"""


@pytest.fixture
def texted(shop: Shop) -> Shop:
    here = shop.folder / "config/workspaces/acme"
    (here / "keywords.yaml").write_text(KEYWORDS, encoding="utf-8")
    (here / "templates/said.liquid").write_text(SAID, encoding="utf-8")
    shop.engine("apply", "--yes")
    return shop


def receive(shop: Shop, text: str) -> dict[str, object]:
    answer: dict[str, object] = shop.json("receive", text, "-w", "acme", "--from", "(415) 555-0123", "--to", "main")
    return answer


def phone(shop: Shop) -> list[tuple[str, str]]:
    texts = json.loads(shop.engine("phones", PHONE, "--format", "json"))["texts"]
    return [("<" if text["direction"] == "to-phone" else ">", text["body"]) for text in texts]


def test_a_conversation(texted: Shop) -> None:
    join = receive(texted, "join please")
    assert (join["version"], join["rule"]) == (1, "join")
    texted.engine("run", "--drain")
    (reply,) = texted.messages()
    assert [reply["id"]] == join["replies"]
    assert (reply["to"], reply["from"], reply["state"]) == (PHONE, "67076", "delivered")
    assert reply["body"].startswith("Hi Joan: https://go.acme.example/")
    receive(texted, "code red")
    receive(texted, "Stop.")
    assert receive(texted, "stop")["replies"] == []
    receive(texted, "code blue")
    receive(texted, "HELP")
    texted.engine("run", "--drain")
    said = [body for way, body in phone(texted) if way == "<"]
    # What was asked for before the STOP is not sent after it: consent is checked when a message leaves.
    assert [body.split(".")[0].split(":")[0] for body in said] == [
        "Hi Joan",
        "You won't get any more messages from Acme Coffee",
        "This is Acme Coffee",
    ]
    assert [m["reason"] for m in texted.messages() if m["state"] == "suppressed"] == ["consent.stopped"] * 2
    assert receive(texted, "yes")["rule"] == "consent.start"
    texted.engine("run", "--drain")
    assert phone(texted)[-1][1].startswith("You will get messages from Acme Coffee again")


def test_a_reply_reads_the_text_that_it_answers(texted: Shop) -> None:
    assert receive(texted, "what is this") == {"version": 1, "rule": None, "replies": []}
    receive(texted, "code red")
    texted.engine("run", "--drain")
    assert phone(texted)[1:] == [(">", "code red"), ("<", "You said code red to 67076")]


def test_what_cannot_be_meant(texted: Shop) -> None:
    for words, says in (
        (("-w", "nope", "--from", PHONE, "--to", "main"), "nope"),
        (("-w", "acme", "--from", "hello", "--to", "main"), "hello"),
        (("-w", "acme", "--from", PHONE, "--to", "mian"), "main"),
        (("-w", "acme", "--from", PHONE), "--to"),
    ):
        process = texted.start("receive", "hi", *words)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 64
        assert says in err


def test_before_the_first_release(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write()
    shop.engine("receive", "hi", "-w", "acme", "--from", PHONE, "--to", "main", code=64)


def test_a_provider_without_phones_cannot_receive(texted: Shop) -> None:
    sid = "AC" + "0" * 32
    texted.write(delivery=f"{{provider: twilio, account_sid: {sid}, auth_token: '${{TWILIO_AUTH_TOKEN}}'}}")
    texted.engine("apply", "--yes", "--no-refresh")
    texted.engine("receive", "hi", "-w", "acme", "--from", PHONE, "--to", "main", code=64)
