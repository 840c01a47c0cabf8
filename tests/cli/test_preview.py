"""`engine preview`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shop import Shop

from engine.cli.app import cli

PEOPLE = """\
people:
  ada: {first_name: "Ada <b>", phone: "+14155550123", language: es}
  grace: {first_name: Grace, primary_phone: "+14155550124", phone: "+14155550125"}
  nobody: {first_name: Nobody}
"""
CARD = """\
---
description: Card
purpose: transactional
sender: main
media: ["https://acme.example/{{ trigger.image | default: 'card' }}.png"]
media_fallback: link
samples: [ada, {name: g, person: grace, data: {n: 2, image: pass}}]
to: "{% if customer.primary_phone %}{{ customer.primary_phone }}{% else %}{{ customer.phone }}{% endif %}"
---
Hi {{ customer.first_name }}
{%- if trigger.n %} #{{ trigger.n }}{% endif -%}
{% if trigger.m %} {{ trigger.m }}{% endif %}: https://acme.example/card
"""
KEYS = [
    *("workspace", "template", "sample", "to", "sender", "body", "kind", "encoding", "characters", "segments", "media"),
    *("links", "cost", "findings"),
]

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    made = Shop(tmp_path)
    made.write()
    here = tmp_path / "config/workspaces/acme"
    (here / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    (here / "templates/card.liquid").write_text(CARD, encoding="utf-8")
    return tmp_path / "config"


@pytest.fixture
def run(config: Path) -> Run:
    """Runs `engine preview`."""

    def invoke(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ["--config", str(config), "preview", *words])
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def previews(run: Run) -> Callable[..., list[dict[str, Any]]]:
    """Runs `engine preview --format json`."""

    def invoke(*words: str) -> list[dict[str, Any]]:
        document = json.loads(run(*words, "--format", "json").stdout)
        assert document["version"] == 1
        found: list[dict[str, Any]] = document["previews"]
        return found

    return invoke


def test_json(previews: Callable[..., list[dict[str, Any]]]) -> None:
    ada, grace = previews("card", "--workspace", "acme")
    assert list(ada) == KEYS
    assert (ada["workspace"], ada["template"], ada["sample"]) == ("acme", "card", "ada")
    assert (ada["to"], ada["sender"], ada["kind"], ada["encoding"]) == ("+14155550123", "main", "sms", "GSM-7")
    _, link, image = re.fullmatch(r"(Hi Ada <b>: )(\S+)\n(\S+)", ada["body"]).groups()  # type: ignore[union-attr]
    assert ada["links"] == [
        {"url": "https://acme.example/card", "short": link},
        {"url": "https://acme.example/card.png", "short": image},
    ]
    assert link.endswith("abc123")
    assert (ada["characters"], ada["segments"], ada["media"], ada["findings"]) == (len(ada["body"]), 1, [], [])
    assert (grace["sample"], grace["to"]) == ("g", "+14155550124")
    assert grace["body"].startswith("Hi Grace #2: https://go.acme.example/")
    assert [one["url"] for one in grace["links"]][-1] == "https://acme.example/pass.png"


def test_every_template_with_every_sample(previews: Callable[..., list[dict[str, Any]]]) -> None:
    found = {(one["template"], one["sample"]) for one in previews()}
    assert {
        ("card", "ada"),
        ("card", "g"),
        ("news", "ada"),
        ("news", "grace"),
        ("news", "nobody"),
        ("code", "ada"),
    } <= found


def test_one_sample(previews: Callable[..., list[dict[str, Any]]]) -> None:
    assert [one["sample"] for one in previews("card", "news", "--sample", "g")] == ["g"]


def test_data_is_laid_over_the_samples(previews: Callable[..., list[dict[str, Any]]]) -> None:
    (one,) = previews("card", "--sample", "g", "--data", '{"m": "now"}')
    assert one["body"].startswith("Hi Grace #2 now: ")
    (one,) = previews("card", "--sample", "g", "--data", '{"n": 3}')
    assert one["body"].startswith("Hi Grace #3: ")


def test_a_sample_that_gets_no_message(previews: Callable[..., list[dict[str, Any]]], run: Run) -> None:
    (one,) = previews("news", "--sample", "nobody")
    assert list(one) == KEYS
    assert [one[key] for key in ("to", "body", "kind", "segments")] == [None] * 4
    assert [(finding["code"], finding["severity"]) for finding in one["findings"]] == [("number.missing", "error")]
    assert "number.missing" in run("news", "--sample", "nobody").stdout


def test_an_imported_person(previews: Callable[..., list[dict[str, Any]]], run: Run, config: Path) -> None:
    rows = config.parent / "people.csv"
    rows.write_text("id,first_name,phone\n7,Zoë,(415) 555-0177\n", encoding="utf-8")
    imported = CliRunner().invoke(cli, ["--config", str(config), "people", "import", str(rows), "--workspace", "acme"])
    assert imported.exit_code == 0, imported.output
    (one,) = previews("card", "--person", "7", "--data", '{"n": 1}')
    assert (one["sample"], one["to"]) == ("7", "+14155550177")
    assert one["body"].startswith("Hi Zoë #1: ")
    assert one["encoding"] == "UCS-2"
    (one,) = previews("card", "--person", "7", "--sample", "g")
    assert one["body"].startswith("Hi Zoë #2: ")
    assert "'8'" in run("card", "--person", "8", code=64).stderr


def test_looking_needs_no_state_and_makes_none(run: Run, config: Path) -> None:
    run()
    run("card", "--person", "7", code=64)
    assert not (config.parent / "state").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["crad"], "card"),
        (["card", "--workspace", "acne"], "acme"),
        (["card", "--sample", "adda"], "ada"),
        (["card", "--data", "{"], "--data"),
        (["card", "--data", "[]"], "--data"),
    ],
)
def test_names_that_mean_nothing(run: Run, words: list[str], hint: str) -> None:
    result = run(*words, code=64)
    assert hint in result.stderr
    assert result.stdout == ""


def test_an_invalid_config(run: Run, config: Path) -> None:
    (config / "workspaces/acme/senders.yaml").write_text("senders: {main: {nmuber: '1'}}\n", encoding="utf-8")
    run(code=3)


def test_text(run: Run) -> None:
    shown = run("card", "--sample", "g").stdout
    assert "acme/card · g" in shown
    assert "  | Hi Grace #2: https://go.acme.example/" in shown
    assert "to +14155550124 (US) · from main (67076) · 1 segment · GSM-7" in shown
    assert "→ https://acme.example/card" in shown


def test_the_page_escapes_and_loads_nothing(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "deep"
    run("card", "news", "--html", str(folder))
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert 'Hi Ada &lt;b&gt;: <span class="link">https://go.acme.example/' in text
    assert "<b>:" not in text
    assert not re.search(r"""(?:src|href)=|url\(|@import|<script""", text)
    assert text.count("<figure>") == 5
    assert "customer.phone is missing" in text


def test_the_page_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    run("card", "--html", str(tmp_path / "file" / "x"), code=64)


def test_help_has_an_example(run: Run) -> None:
    assert "engine preview club/welcome" in run("--help").stdout
