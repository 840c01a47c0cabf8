"""From `send` to a phone on the sandbox, through the command line."""

from __future__ import annotations

import signal
import time
from collections import Counter

import pytest
from phones import phone
from shop import Shop

DELIVERED = {"accepted", "sent", "delivered"}


def test_each_person_gets_one_message_with_their_words(shop: Shop) -> None:
    shop.people({"1": phone(1), "2": phone(2)})
    shop.engine("send", "welcome", "--workspace", "acme", "--everyone", "--key", "k")
    shop.engine("run", "--drain")
    messages = shop.messages()
    assert {message["to"] for message in messages} == {phone(1), phone(2)}
    assert {message["state"] for message in messages} <= DELIVERED
    assert {message["body"].partition(":")[0] for message in messages} == {"Hi P1", "Hi P2"}
    assert all("https://go.acme.example/" in message["body"] for message in messages)
    assert len({message["body"].rpartition("/")[2] for message in messages}) == 2


def test_the_same_key_queues_nothing_and_other_words_under_it_are_refused(shop: Shop) -> None:
    shop.people({"1": phone(1)})
    send = ("send", "welcome", "--workspace", "acme", "--everyone", "--key", "k")
    first = shop.json(*send)
    again = shop.json(*send)
    assert (first["queued"], again["queued"], again["existing"]) == (1, 0, 1)
    assert again["messages"] == first["messages"]
    shop.engine("send", "news", "--workspace", "acme", "--everyone", "--key", "k", code=64)
    shop.engine(*send, "--data", '{"n": 1}', code=64)
    shop.people({"2": phone(2)})
    assert shop.json(*send)["queued"] == 1


def test_of_two_people_with_one_number_one_is_texted(shop: Shop) -> None:
    shop.people({"1": phone(1), "2": phone(1)})
    shop.engine("send", "welcome", "--workspace", "acme", "--everyone")
    shop.engine("run", "--drain")
    states = Counter((message["state"] in DELIVERED, message["reason"]) for message in shop.messages())
    assert states == {(True, None): 1, (False, "duplicate.number"): 1}


def test_marketing_needs_a_subscription_and_a_stop_stops_everything(shop: Shop) -> None:
    shop.people({"1": phone(1), "2": phone(2)})
    shop.engine("consent", "start", phone(2), "--workspace", "acme")
    shop.engine("send", "news", "--workspace", "acme", "--everyone")
    shop.engine("run", "--drain")
    by_number = {message["to"]: message for message in shop.messages()}
    assert by_number[phone(1)]["reason"] == "consent.not-subscribed"
    assert by_number[phone(2)]["state"] in DELIVERED
    shop.engine("consent", "stop", phone(2), "--workspace", "acme")
    message = shop.json("send", "welcome", "--workspace", "acme", "--person", "2")["messages"][0]
    shop.engine("run", "--drain")
    (stopped,) = (m for m in shop.messages() if m["id"] == message)
    assert (stopped["state"], stopped["reason"]) == ("suppressed", "consent.stopped")


def test_a_missing_value_fails_one_message_by_its_name(shop: Shop) -> None:
    shop.people({"1": phone(1)})
    shop.engine("send", "code", "--workspace", "acme", "--person", "1")
    shop.engine("send", "code", "--workspace", "acme", "--person", "1", "--data", '{"code": "42"}')
    shop.engine("run", "--drain")
    failed, sent = shop.messages()
    assert failed["state"] == "failed"
    assert "trigger.code" in failed["reason"]
    assert (sent["state"] in DELIVERED, sent["body"]) == (True, "Code 42")


def test_a_number_elsewhere_is_suppressed_with_its_country(shop: Shop) -> None:
    shop.engine("send", "code", "-w", "acme", "--to", "+44 20 7946 0123", "--data", '{"code": "1"}')
    shop.engine("run", "--drain")
    (message,) = shop.messages()
    assert (message["state"], message["reason"]) == ("suppressed", "country.not-allowed: GB")


def test_a_message_for_later_waits_and_drain_does_not(shop: Shop) -> None:
    shop.engine("send", "welcome", "-w", "acme", "--to", phone(1), "--at", "+1h")
    assert shop.json("run", "--drain")["states"] == {"queued": 1}


def test_a_refused_number_is_rejected_with_the_code_and_an_opt_out_at_the_provider_is_consent(shop: Shop) -> None:
    shop.write(number="+15005550006", kind="long-code")
    shop.engine("apply", "--yes")
    for to in ("+15005550009", "+15005550004", phone(3)):
        shop.engine("send", "welcome", "-w", "acme", "--to", to)
    shop.engine("run", "--drain")
    by_number = {message["to"]: message for message in shop.messages()}
    assert by_number["+15005550009"]["state"] == by_number["+15005550004"]["state"] == "rejected"
    assert by_number["+15005550009"]["reason"].startswith("provider.21614")
    assert by_number[phone(3)]["state"] in DELIVERED
    assert shop.json("consent", "show", "+15005550004", "-w", "acme")["state"] == "stopped"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("send", "welcome", "-w", "nope", "--to", "+14155550123"), "nope"),
        (("send", "welcom", "-w", "acme", "--to", "+14155550123"), "welcome"),
        (("send", "welcome", "-w", "acme", "--person", "nobody"), "nobody"),
        (("send", "welcome", "-w", "acme"), "--everyone"),
        (("send", "welcome", "-w", "acme", "--to", "hello"), "hello"),
        (("send", "welcome", "-w", "acme", "--to", "+14155550123", "--data", "{"), "JSON"),
        (("send", "welcome", "-w", "acme", "--to", "+14155550123", "--data", "[1]"), "object"),
        (("send", "welcome", "-w", "acme", "--to", "+14155550123", "--at", "noon"), "noon"),
        (("send", "welcome", "-w", "acme", "--to", "+14155550123", "--at", "2030-01-01T10:00"), "zone"),
        (("send", "welcome", "-w", "acme", "--to", "+14155550123", "--at", "2001-01-01T10:00Z"), "past"),
        (("explain", "msg_none"), "msg_none"),
        (("settle", "msg_none", "--as", "sent"), "msg_none"),
        (("messages", "--state", "delivred"), "delivered"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_meant_is_refused_by_name(shop: Shop, words: tuple[str, ...], says: str) -> None:
    process = shop.start(*words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 64
    assert says in err
    assert "Traceback" not in err


def test_explain_names_each_gate_with_file_and_line(shop: Shop) -> None:
    message = shop.json("send", "welcome", "-w", "acme", "--to", phone(1))["messages"][0]
    shop.engine("run", "--drain")
    history = shop.json("explain", message)["history"]
    assert [step["state"] for step in history][:3] == ["queued", "sending", "accepted"]
    gates = {gate["gate"]: gate for step in history for gate in step["gates"]}
    assert {"expired", "country", "plugins", "consent"} <= set(gates)
    assert gates["country"]["file"] == "config/workspaces/acme/workspace.yaml"
    assert gates["country"]["line"] == 3
    assert "config/workspaces/acme/workspace.yaml:3" in shop.engine("explain", message)


def test_words_are_those_of_the_release_that_a_message_was_queued_under(shop: Shop) -> None:
    shop.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", '{"code": "1"}')
    template = shop.folder / "config/workspaces/acme/templates/code.liquid"
    template.write_text(template.read_text().replace("Code {{", "Your code is {{"))
    shop.engine("apply", "--yes")
    shop.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", '{"code": "2"}')
    shop.engine("run", "--drain")
    assert [message["body"] for message in shop.messages()] == ["Code 1", "Your code is 2"]


def test_sigterm_gives_claims_back_and_ends_well(shop: Shop) -> None:
    shop.write(rate="5/s")
    shop.engine("apply", "--yes")
    shop.people({str(n): phone(n) for n in range(30)})
    shop.engine("send", "welcome", "-w", "acme", "--everyone")
    running = shop.start("run")
    deadline = time.monotonic() + 60
    while shop.states()["queued"] > 25 and time.monotonic() < deadline:
        time.sleep(0.2)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert running.returncode == 0
    states = shop.states()
    assert set(states) <= {"queued", *DELIVERED}
    assert sum(states.values()) == 30
    assert states["queued"] > 0
    shop.write(rate="1000/s")
    shop.engine("apply", "--yes")
    shop.engine("run", "--drain")
    assert set(shop.states()) <= DELIVERED


def test_two_loops_at_once_deliver_each_message_once(shop: Shop) -> None:
    shop.people({str(n): f"+1415555{n:04d}" for n in range(100, 200)})
    shop.engine("send", "welcome", "-w", "acme", "--everyone")
    loops = [shop.start("run", "--drain") for _ in range(2)]
    for loop in loops:
        _, err = loop.communicate(timeout=120)
        assert loop.returncode == 0, err
    messages = shop.messages()
    assert {message["state"] for message in messages} <= DELIVERED
    assert {message["attempts"] for message in messages} == {1}
    assert len({message["provider_id"] for message in messages}) == 100
