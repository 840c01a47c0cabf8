"""engine route and engine inbound: which rule a text meets, and what came of those that came in."""

from __future__ import annotations

import json
from typing import Any

import pytest

KEYWORDS = """\
keywords:
  anything: {match: any, reply: club/said}
  join:
    {words: [JOIN], reply: club/said, set: {club: true}, subscribe: true, start: {template: club/welcome, after: 10m}}
  hours: {words: [open], match: exact, senders: [other], reply: club/said}
"""
SENDERS = (
    'senders:\n  support: {number: "+14155550100", kind: long-code}\n'
    '  other: {number: "+14155550101", kind: long-code}\n  brand: {alphanumeric: ACME, countries: [US]}\n'
)
PHONE = "+14155550123"


@pytest.fixture
def engine(engine: Any) -> Any:
    engine.write("config/workspaces/acme/keywords.yaml", KEYWORDS)
    engine.write("config/workspaces/acme/senders.yaml", SENDERS)
    engine.write("config/workspaces/acme/templates/club/said.liquid", "---\npurpose: reply\nsender: support\n---\nOh\n")
    return engine


def test_it_needs_neither_release_nor_state(engine: Any) -> None:
    assert engine.json("route", "¡Jóin! please", "-w", "acme", "--to", "support") == {
        "version": 1,
        "rule": "join",
        "keyword": "JOIN",
        "because": "its first word is 'JOIN'",
    }
    assert not (engine.folder / "state").exists()


def test_it_says_why_more_specific_rules_did_not_win(engine: Any) -> None:
    answer = engine.json("route", "open?", "-w", "acme", "--to", "+14155550100", "--verbose")  # a sender by its number
    assert (answer["rule"], answer["keyword"]) == ("anything", None)
    assert [(trial["rule"], trial["match"]) for trial in answer["tried"]] == [
        ("hours", "exact"),
        ("join", "first-word"),
    ]
    assert "other" in answer["tried"][0]["because"], "it listens elsewhere"
    assert "'JOIN'" in answer["tried"][1]["because"]
    text = engine.run("route", "join", "-w", "acme", "--to", "support", "-v")
    assert "config/workspaces/acme/keywords.yaml:3" in text
    assert "reply club/said, set club, subscribe, start club/welcome after 10m" in text
    assert "tried    hours (exact)" in text


def test_it_reads_stop_first_and_knows_who_has_stopped(engine: Any) -> None:
    to = ("-w", "acme", "--to", "support")
    assert engine.json("route", "Stop.", *to, "-v")["rule"] == "consent.stop"
    assert engine.json("route", "yes", *to)["rule"] == "anything"
    assert engine.json("route", "yes", *to, "--stopped")["rule"] == "consent.start"


@pytest.mark.parametrize(
    "words", [("-w", "acme", "--to", "suport"), ("-w", "acme", "--to", "brand"), ("-w", "nope", "--to", "support")]
)
def test_what_cannot_be_meant(engine: Any, words: tuple[str, ...]) -> None:
    assert engine.call("route", "hi", *words).exit_code == 64


def test_texts_that_came_in_are_listed_with_what_came_of_them(engine: Any) -> None:
    engine.run("apply", "--yes")
    received = [
        engine.json("receive", text, "-w", "acme", "--from", PHONE, "--to", "support")
        for text in ("join", "stop", "stop")
    ]
    join, stop, again = engine.json("inbound", "--workspace", "acme")["texts"]
    assert (join["rule"], join["because"], join["set"], join["consent"]) == (
        "join",
        "its first word is 'JOIN'",
        {"club": True},
        "subscribed",
    )
    assert [join["reply"]] == received[0]["replies"]
    assert {message["id"] for message in engine.json("messages")["messages"]} >= {join["reply"], join["started"]}
    assert (stop["rule"], stop["consent"], stop["unanswered"]) == ("consent.stop", "stopped", None)
    assert (again["reply"], again["unanswered"]) == (None, "inbound.confirmed-before")
    streamed = engine.run("inbound", "-w", "acme", "--from", "(415) 555-0123", "--limit", "1", "--format", "ndjson")
    assert json.loads(streamed) == again
    table = engine.run("inbound").splitlines()
    assert len(table) == 4
    assert "no reply: inbound.confirmed-before" in table[-1]
    assert engine.call("inbound", "-w", "nope").exit_code == 64
    assert engine.call("inbound", "--from", PHONE).exit_code == 64
