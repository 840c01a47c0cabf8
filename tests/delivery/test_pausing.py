"""Pausing and resuming workspaces, senders and templates."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from phones import phone
from shop import Shop

DELIVERED = {"accepted", "sent", "delivered"}
CODE = ("send", "code", "-w", "acme", "--data", '{"code": "1"}')
WELCOME = ("send", "welcome", "-w", "acme")


def by_template(shop: Shop) -> dict[str, str]:
    return {message["template"]: message["state"] for message in shop.messages()}


@pytest.mark.parametrize(
    ("scope", "others_wait"), [("acme", True), ("acme/sender/main", True), ("acme/template/welcome", False)]
)
def test_what_is_paused_waits_and_goes_when_resumed(shop: Shop, scope: str, others_wait: bool) -> None:
    shop.engine("pause", scope, "--why", "wrong prices")
    shop.engine(*WELCOME, "--to", phone(1))
    shop.engine(*CODE, "--to", phone(2))
    shop.engine("run", "--drain")
    states = by_template(shop)
    assert states["welcome"] == "queued"
    assert (states["code"] == "queued") == others_wait
    assert shop.json("resume", scope)["resumed"] is True
    shop.engine("run", "--drain")
    assert set(by_template(shop).values()) <= DELIVERED


def test_the_reason_says_who_and_why(shop: Shop) -> None:
    shop.engine("pause", "acme/template/welcome", "--why", "wrong prices")
    message = shop.json(*WELCOME, "--to", phone(1))["messages"][0]
    shop.engine("run", "--drain")
    (row,) = shop.messages()
    assert row["reason"].startswith("paused: acme/template/welcome by ")
    assert row["reason"].endswith("wrong prices")
    step = shop.json("explain", message)["history"][-1]
    assert [(gate["gate"], gate["verdict"]) for gate in step["gates"]] == [("paused", "later")]
    assert step["gates"][0]["file"] == "config/workspaces/acme/templates/welcome.liquid"


def test_status_shows_pauses(shop: Shop) -> None:
    shop.engine("pause", "acme/sender/main", "--why", "carrier")
    (pause,) = shop.json("status")["pauses"]
    assert (pause["scope"], pause["why"]) == ("acme/sender/main", "carrier")
    assert "carrier" in shop.engine("status")
    shop.engine("resume", "acme/sender/main")
    assert shop.json("status")["pauses"] == []


@pytest.mark.parametrize("command", [("pause", "--why", "x"), ("resume",)], ids=["pause", "resume"])
@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("acm", "acme"),
        ("acme/sender/mian", "acme/sender/main"),
        ("acme/template/welcom", "acme/template/welcome"),
        ("acme/keyword/join", "acme"),
        ("", "acme"),
    ],
)
def test_an_unknown_scope_is_refused(shop: Shop, command: tuple[str, ...], scope: str, says: str) -> None:
    process = shop.start(*command, scope)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 64
    assert says in err
    assert shop.json("status")["pauses"] == []


def test_resuming_what_is_not_paused_changes_nothing(shop: Shop) -> None:
    shop.engine("pause", "acme/sender/main", "--why", "carrier")
    answer = shop.json("resume", "acme")
    assert (answer["resumed"], answer["still_paused"]) == (False, ["acme/sender/main"])


def test_of_two_pauses_both_must_end(shop: Shop) -> None:
    for scope in ("acme", "acme/template/welcome"):
        shop.engine("pause", scope, "--why", "x")
    shop.engine(*WELCOME, "--to", phone(1))
    for scope in ("acme", "acme/template/welcome"):
        shop.engine("run", "--drain")
        assert by_template(shop) == {"welcome": "queued"}
        shop.engine("resume", scope)
    shop.engine("run", "--drain")
    assert set(by_template(shop).values()) <= DELIVERED


def test_a_running_loop_sends_nothing_more_once_pause_returned_and_goes_on_when_resumed(shop: Shop) -> None:
    shop.write(rate="30/s")
    shop.engine("apply", "--yes")
    shop.people({str(n): phone(n) for n in range(120)})
    shop.engine(*WELCOME, "--everyone")
    worker = shop.start("run")
    try:
        _until(shop, lambda states: sum(states.values()) - states["queued"] - states["claimed"] > 5)
        shop.engine("pause", "acme", "--why", "stop!")
        paused_at = datetime.now(UTC)
        # Long enough for the loop to notice, and to send some 60 more if it did not.
        time.sleep(2)
        _until(shop, lambda states: states["claimed"] == states["sending"] == 0)
        assert shop.states()["queued"] > 0
        went = [m["id"] for m in shop.messages() if m["attempts"]]
        commits = [_sending_at(shop, message) for message in went[-10:]]
        assert all(at < paused_at for at in commits)
        shop.write(rate="100000/s")
        shop.engine("apply", "--yes")
        shop.engine("resume", "acme")
        _until(shop, lambda states: set(states) <= DELIVERED)
    finally:
        worker.terminate()
        worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert {message["attempts"] for message in shop.messages()} == {1}


def _sending_at(shop: Shop, message: str) -> datetime:
    history = shop.json("explain", message)["history"]
    return next(datetime.fromisoformat(step["at"]) for step in history if step["state"] == "sending")


def _until(shop: Shop, holds: Any) -> None:
    end = time.monotonic() + 60
    while not holds(states := shop.states()):
        assert time.monotonic() < end, states
        time.sleep(0.05)
