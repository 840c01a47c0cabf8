"""Judging texts, topics and the ledger, through the command line."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from shop import Shop

PHONE = "+14155550123"
ACME = ("--workspace", "acme")
KEYWORDS = """\
keywords:
  offers: {words: [OFFERS], subscribe: offers}
  join: {words: [JOIN], reply: welcome, subscribe: true}
topics:
  offers: {name: weekly offers, double_opt_in: true}
"""
OFFERS = "---\npurpose: marketing\ntopic: offers\nsender: main\n---\nOffers!\n"


@pytest.fixture
def texted(shop: Shop) -> Shop:
    here = shop.folder / "config/workspaces/acme"
    (here / "keywords.yaml").write_text(KEYWORDS, encoding="utf-8")
    (here / "templates/offers.liquid").write_text(OFFERS, encoding="utf-8")
    shop.engine("apply", "--yes")
    return shop


def text(shop: Shop, words: str) -> None:
    shop.engine("receive", words, *ACME, "--from", PHONE, "--to", "main")


def sent(shop: Shop, *templates: str) -> list[tuple[str, str | None]]:
    """Sends templates to the phone and gives what became of each."""
    ids = [shop.json("send", template, *ACME, "--to", PHONE)["messages"][0] for template in templates]
    shop.engine("run", "--drain")
    records: dict[str, Any] = {row["id"]: row for row in shop.messages()}
    return [(records[message]["state"], records[message]["reason"]) for message in ids]


def test_a_topic_with_double_opt_in_from_the_text_to_the_message(texted: Shop) -> None:
    text(texted, "offers")
    assert sent(texted, "offers") == [("suppressed", "topic.not-confirmed")]
    text(texted, "YES")
    assert sent(texted, "offers", "news") == [("delivered", None), ("suppressed", "consent.not-subscribed")]
    phone = json.loads(texted.engine("phones", PHONE, "--format", "json"))["texts"]
    assert {one["body"] for one in phone if one["direction"] == "to-phone"} == {
        "Reply YES to get weekly offers from Acme Coffee. Rates may apply. Reply HELP or STOP.",
        "You will get weekly offers from Acme Coffee. Reply HELP for help, STOP to end.",
        "Offers!",
    }
    shown = texted.json("consent", "show", PHONE, *ACME)
    assert (shown["state"], [one["state"] for one in shown["topics"]]) == ("unknown", ["subscribed"])
    (message,) = (row["id"] for row in texted.messages() if row["reason"] == "topic.not-confirmed")
    gates = texted.json("explain", message)["history"][-1]["gates"]
    (gate,) = (gate for gate in gates if gate["gate"] == "topic")
    assert (gate["verdict"], gate["reason"]) == ("suppress", "topic.not-confirmed")
    assert (gate["file"], gate["line"]) == ("config/workspaces/acme/templates/offers.liquid", 3)


def test_the_operator_and_an_import_may_subscribe_to_a_topic(texted: Shop) -> None:
    document = texted.json("consent", "start", PHONE, *ACME, "--topic", "offers", "--note", "at the till")
    assert (document["topic"], document["state"]) == ("offers", "subscribed")
    texted.json("consent", "stop", PHONE, *ACME, "--topic", "offers")
    rows = texted.folder / "people.csv"
    rows.write_text(f"id,phone\nada,{PHONE}\nbob,+14155550124\n", encoding="utf-8")
    texted.engine("people", "import", str(rows), *ACME, "--consent", "form", "--topic", "offers")
    states = [texted.json("consent", "show", n, *ACME)["topics"][0]["state"] for n in (PHONE, "+14155550124")]
    assert states == ["stopped", "subscribed"], "an import outranks nobody's own word"
    for words in (("--topic", "offer"), ("--topic", "offers", "--sender", "main")):
        texted.engine("consent", "start", PHONE, *ACME, *words, code=64)
    texted.engine("people", "import", str(rows), *ACME, "--topic", "offers", code=64)
    texted.engine("people", "import", str(rows), *ACME, "--consent", "form", "--topic", "offer", code=64)


def test_a_doubtful_text_waits_for_a_person(texted: Shop) -> None:
    text(texted, "join")
    text(texted, "not interested")
    assert texted.json("status")["reviews"] == {"acme": 1}
    assert "engine consent review" in texted.engine("status")
    (review,) = texted.json("consent", "review")["reviews"]
    assert (review["number"], review["words"], review["workspace"]) == (PHONE, "not interested", "acme")
    assert sent(texted, "news") == [("suppressed", "consent.held-for-review")]
    assert texted.json("consent", "show", PHONE, *ACME)["reviews"] == 1
    settled = texted.json("consent", "review", PHONE, *ACME, "--as", "none")
    assert (settled["as"], len(settled["settled"])) == ("none", 1)
    text(texted, "enough already")
    assert "1 text judged stop" in texted.engine("consent", "review", PHONE, *ACME, "--as", "stop")
    assert texted.json("consent", "show", PHONE, *ACME)["state"] == "stopped"
    assert texted.json("consent", "review") == {"version": 1, "reviews": []}
    assert texted.json("status")["reviews"] == {}


def test_judging_what_is_not_there_is_wrong_usage(texted: Shop) -> None:
    for words in (
        ("--as", "stop"),
        (PHONE, "--as", "stop"),
        (PHONE, *ACME, "--as", "stop"),
        ("12", *ACME, "--as", "stop"),
        ("--workspace", "acne"),
        (PHONE, *ACME, "--as", "maybe"),
    ):
        texted.engine("consent", "review", *words, code=64)


def test_the_ledger_is_exported_as_evidence(texted: Shop) -> None:
    text(texted, '=HYPERLINK("https://acme.example") please stop texting me')
    texted.engine("consent", "start", "+14155550124", *ACME, "--note", "till")
    whole = texted.json("consent", "export")["entries"]
    assert [(one["number"], one["state"], one["source"]) for one in whole] == [
        (PHONE, "stopped", "inbound"),
        ("+14155550124", "subscribed", "operator"),
    ]
    assert whole[0]["words"].startswith("=HYPERLINK")
    assert whole[0]["message"]
    assert whole[1]["by"]
    lines = texted.engine("consent", "export", *ACME, "--format", "ndjson").splitlines()
    assert [json.loads(line) for line in lines] == whole
    assert texted.json("consent", "export", *ACME, "--number", "(415) 555-0124")["entries"] == whole[1:]
    rows = list(csv.DictReader(io.StringIO(texted.engine("consent", "export", "--format", "csv"))))
    assert [row["number"] for row in rows] == [f"'{PHONE}", "'+14155550124"]
    assert rows[0]["words"].startswith("'=HYPERLINK")
    assert {row["state"] for row in rows} == {"stopped", "subscribed"}
    said = texted.engine("consent", "export")
    assert all(word in said for word in (PHONE, "stopped", "please stop texting me", "till"))
    texted.engine("consent", "export", "--number", PHONE, code=64)
    texted.engine("consent", "export", "--workspace", "acne", code=64)


def test_nothing_is_a_ledger_too(shop: Shop) -> None:
    assert shop.json("consent", "export") == {"version": 1, "entries": []}
    assert shop.engine("consent", "export", "--format", "csv").count("\n") == 1
