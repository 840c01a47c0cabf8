from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from plans import EVERYTHING
from syrupy.assertion import SnapshotAssertion

from engine.reconcile import lines, text
from engine.reconcile.changes import Plan
from engine.reconcile.effects import Rendering, RenderingEffect
from engine.reconcile.plan import plan
from engine.types import Source

BEFORE: dict[str, dict[str, Any]] = {
    "acme/keyword/join": {"words": ["JOIN"], "reply": "club/welcome", "protect": True},
    "acme/sender/support": {"number": "+14155550100", "countries": ["US"], "mms": False, "rate": None},
    "acme/template/club/welcome": {
        "body": "Hi {{ customer.first_name }}, welcome!\nSee your card:\nhttps://acme.example/card\nAcme",
        "max_segments": 1,
        "sender": ["support"],
    },
    "acme/workspace": {"name": "Acme", "quiet_hours": {"from": "21:00", "to": "08:00"}},
}
AFTER: dict[str, dict[str, Any]] = {
    "acme/sender/support": {"number": "+14155550100", "countries": ["US", "CA"], "mms": False, "rate": "2/s"},
    "acme/template/club/bye": {
        "body": "See you soon,\n\n{{ workspace.name }}",
        "description": "",
        "media": [],
        "purpose": "marketing",
        "max_segments": None,
        "languages": {"es": {"body": "Hasta pronto"}},
    },
    "acme/template/club/welcome": {
        "body": "Hi {{ customer.first_name }}, welcome to the club!\nSee your card:\nhttps://acme.example/card\nAcme",
        "max_segments": 2,
        "sender": ["support"],
    },
    "acme/workspace": {"name": "Acme", "quiet_hours": None},
}
WELCOME = Rendering(
    to="+14155550123",
    sender="+14155550100",
    body="Hi Ada, welcome!\nAcme",
    kind="sms",
    encoding="GSM-7",
    characters=21,
    segments=1,
)
LONGER = replace(WELCOME, body="Hi Ada, welcome to the club! ☕", encoding="UCS-2", segments=2)
BROKEN = Rendering(error="template.missing-value", message="no customer.first_name")
EFFECTS = tuple(
    RenderingEffect("acme/template/club/welcome", sample, before, after)
    for sample, before, after in (
        ("ada", WELCOME, LONGER),
        ("grace", WELCOME, replace(WELCOME, sender="+14155550101")),
        ("lin", WELCOME, BROKEN),
        ("mary", Rendering(error="sender.none-reaches"), WELCOME),
        ("new", None, WELCOME),
    )
)


def make(
    before: dict[str, Any] | None = BEFORE, after: dict[str, Any] = AFTER, effects: tuple[RenderingEffect, ...] = ()
) -> Plan:
    sources = {
        "acme/sender/support": Source("config/workspaces/acme/senders.yaml", 2, 3),
        "acme/template/club/bye": Source("config/workspaces/acme/templates/club/bye.liquid", 1),
        "acme/template/club/welcome#body": Source("config/workspaces/acme/templates/club/welcome.liquid", 6),
    }
    made = plan(before, after, base="1", environment=None, versions={}, sources=sources)
    changes = [replace(c, effects=effects) if c.address.endswith("welcome") else c for c in made.changes]
    return replace(made, changes=tuple(changes))


def printed(made: Plan) -> str:
    return "\n".join(f"{line.style:8}|{line.text}" for line in text.lines(made))


def test_a_plan_in_words(snapshot: SnapshotAssertion) -> None:
    assert printed(make(effects=EFFECTS)) == snapshot


def test_a_first_plan_in_words(snapshot: SnapshotAssertion) -> None:
    assert printed(make(None)) == snapshot


def test_an_empty_plan_in_words(snapshot: SnapshotAssertion) -> None:
    assert printed(make(AFTER)) == snapshot


def test_of_many_effects_a_few_are_shown() -> None:
    many = tuple(replace(EFFECTS[0], sample=f"p{number}") for number in range(25))
    rows = printed(make(effects=many))
    assert "p9:" in rows
    assert "p10:" not in rows
    assert "and 15 more messages" in rows


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("plain ñ 日本 ☕️", "plain ñ 日本 ☕️"),
        ("\x1b[2K", "\\u001b[2K"),  # would wipe the line
        ("a\rb", "a\\rb"),  # would overwrite it
        ("\u202e", "\\u{202e}"),  # would turn the rest of it around
        ("\u200b", "\\u{200b}"),  # hides, and makes the message UCS-2
        ("a\u00a0b", "a\\u{a0}b"),  # see above
        ("👩\u200d👧", "👩\u200d👧"),  # the joiner inside an emoji
        ("a\u200db", "a\\u{200d}b"),  # the joiner elsewhere
        ("\x7f\x9b31m", "\\u{7f}\\u{9b}31m"),
    ],
)
def test_nothing_in_a_body_reaches_the_terminal(body: str, shown: str) -> None:
    assert lines.printable(body) == shown
    rows = printed(make(None, {"acme/template/x": {"body": f"{body}\n{body}"}, f"acme/{body}": {"x": body}}))
    assert not any(char in rows for char in "\x1b\r\u202e\u200b\x7f\x9b")


def test_a_plan_with_everything_in_words(snapshot: SnapshotAssertion) -> None:
    assert printed(EVERYTHING) == snapshot


def test_on_a_wide_terminal_bodies_stand_side_by_side() -> None:
    narrow, wide = (list(text.lines(EVERYTHING, width=width)) for width in (56, 100))
    assert not any(row.right for row in narrow)
    assert [(row.style, row.right_style) for row in wide if row.right] == [
        ("remove", "add"),
        ("dim", "dim"),
        ("remove", "add"),
    ]
    assert any("Hi Ada, welcome!" in row.text and "Hi Ada ☕, welcome!" in row.right for row in wide)
