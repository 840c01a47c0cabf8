"""engine consent: the operator's word, through the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Engine

ACME = ("--workspace", "acme")


def test_a_number_that_nobody_knows_is_unknown(engine: Engine) -> None:
    document = engine.json("consent", "show", "415 555 2671", *ACME)
    assert document == {
        "version": 1,
        "workspace": "acme",
        "number": "+14155552671",
        "sender": None,
        "state": "unknown",
        "topics": [],
        "reviews": 0,
        "suppressed": None,
        "history": [],
    }
    assert not (engine.folder / "state").exists(), "looking leaves nothing behind"


def test_the_operators_word_is_kept(engine: Engine) -> None:
    assert engine.json("consent", "start", "+14155552671", *ACME, "--note", "at the till")["state"] == "subscribed"
    assert engine.json("consent", "stop", "(415) 555-2671", *ACME)["state"] == "stopped"
    document = engine.json("consent", "show", "4155552671", *ACME)
    assert document["state"] == "stopped"
    assert [(entry["state"], entry["source"], entry["detail"]) for entry in document["history"]] == [
        ("subscribed", "operator", "at the till"),
        ("stopped", "operator", ""),
    ]
    assert "+14155552671: stopped" in engine.run("consent", "show", "4155552671", *ACME)


def test_one_sender_may_be_stopped_alone(engine: Engine) -> None:
    support = (*ACME, "--sender", "support")
    engine.run("consent", "start", "4155552671", *ACME)
    assert engine.json("consent", "stop", "4155552671", *support)["state"] == "stopped"
    assert engine.json("consent", "show", "4155552671", *support)["history"][-1]["sender"] == "support"


@pytest.mark.parametrize("command", ["show", "stop", "start"])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("12", *ACME), id="no number"),
        pytest.param(("4155552671", "--workspace", "acne"), id="no such workspace"),
        pytest.param(("4155552671", *ACME, "--sender", "suport"), id="no such sender"),
        pytest.param(("4155552671",), id="no workspace"),
    ],
)
def test_what_is_not_there_is_wrong_usage(engine: Engine, command: str, words: tuple[str, ...]) -> None:
    engine.refused("consent", command, *words, code=64)
    assert not (engine.folder / "state").exists()
