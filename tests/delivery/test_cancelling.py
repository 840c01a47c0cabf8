"""Taking messages back."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
from phones import phone
from shop import Shop

WELCOME = ("send", "welcome", "-w", "acme")


def test_a_queued_message_is_cancelled_and_never_sent(shop: Shop) -> None:
    first, second = (shop.json(*WELCOME, "--to", phone(n))["messages"][0] for n in (1, 2))
    assert shop.json("cancel", first) == {"version": 1, "cancelled": 1, "left": {}}
    shop.engine("run", "--drain")
    states = {message["id"]: message["state"] for message in shop.messages()}
    assert states[first] == "cancelled"
    assert states[second] != "cancelled"
    step = shop.json("explain", first)["history"][-1]
    assert (step["state"], step["reason"]) == ("cancelled", "cancelled.by-operator")
    assert step["detail"]["by"]


def test_what_was_sent_stays(shop: Shop) -> None:
    message = shop.json(*WELCOME, "--to", phone(1))["messages"][0]
    shop.engine("run", "--drain")
    done = shop.json("cancel", message)
    assert (done["cancelled"], sum(done["left"].values())) == (0, 1)
    assert set(shop.states()) <= {"accepted", "sent", "delivered"}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("--workspace", "acme"), {"cancelled": 3}),
        (("--workspace", "acme", "--template", "code"), {"cancelled": 1, "queued": 2}),
        (("--workspace", "acme", "--key", "k"), {"cancelled": 1, "queued": 2}),
        (("--workspace", "acme", "--template", "code", "--key", "k"), {"queued": 3}),
    ],
    ids=["workspace", "template", "key", "both"],
)
def test_cancels_by_workspace_template_and_key(shop: Shop, words: tuple[str, ...], left: dict[str, int]) -> None:
    shop.engine(*WELCOME, "--to", phone(1))
    shop.engine(*WELCOME, "--to", phone(2), "--key", "k")
    shop.engine("send", "code", "-w", "acme", "--to", phone(3), "--data", '{"code": "1"}')
    shop.engine("cancel", *words)
    assert shop.states() == left


def test_many_are_cancelled_with_yes_only_off_a_terminal(shop: Shop) -> None:
    shop.people({str(n): phone(n) for n in range(11)})
    shop.engine(*WELCOME, "--everyone")
    shop.engine("cancel", "--workspace", "acme", code=64)
    assert shop.states() == {"queued": 11}
    assert "11 cancelled" in shop.engine("cancel", "--workspace", "acme", "--yes")
    assert shop.states() == {"cancelled": 11}


@pytest.mark.parametrize(("answer", "state"), [("y", "cancelled"), ("n", "queued")])
def test_many_are_asked_about_on_a_terminal(shop: Shop, answer: str, state: str) -> None:
    shop.people({str(n): phone(n) for n in range(11)})
    shop.engine(*WELCOME, "--everyone")
    ours, terminal = pty.openpty()
    words = [sys.executable, "-m", "engine", "cancel", "--workspace", "acme"]
    with subprocess.Popen(words, cwd=shop.folder, stdin=terminal, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stderr is not None
        seen = b""
        while b"Cancel 11 messages?" not in seen:
            more = process.stderr.read(1000)
            assert more, seen
            seen += more
        os.write(ours, f"{answer}\n".encode())
        process.stderr.read()
    os.close(ours)
    os.close(terminal)
    assert shop.states() == {state: 11}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "workspace"),
        (("msg_none",), "msg_none"),
        (("msg_none", "--workspace", "acme"), "workspace"),
        (("--template", "welcome"), "workspace"),
        (("--workspace", "acm"), "acme"),
        (("--workspace", "acme", "--template", "welcom"), "welcome"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused(shop: Shop, words: tuple[str, ...], says: str) -> None:
    shop.engine(*WELCOME, "--to", phone(1))
    process = shop.start("cancel", *words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 64
    assert says in err
    assert shop.states() == {"queued": 1}
