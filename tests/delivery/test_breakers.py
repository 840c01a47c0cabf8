"""Refusals that concern a sender or an account: who rests, for how long, and what the others do."""

from __future__ import annotations

import time
from collections import Counter

from phones import phone
from shop import Shop
from twilio_shop import TwilioShop

from engine.testing.twilio_emulator import Fault

DELIVERED = {"accepted", "sent", "delivered"}
WELCOME = ("send", "welcome", "-w", "acme")
NOT_OURS = "+15005550007"  # the sandbox refuses to send from it, with 21606
REST = "[1s, 1s, 1s], rest: 1s"  # the key behind the look-ups


def creates(shop: TwilioShop) -> int:
    return sum(request["method"] == "POST" for request in shop.emulator.requests())


def two_senders(shop: Shop) -> None:
    """Gives `welcome` a sender that the provider refuses, and one behind it."""
    shop.write()
    here = shop.folder / "config/workspaces/acme"
    (here / "senders.yaml").write_text(
        f'senders:\n  first: {{number: "{NOT_OURS}", kind: long-code, rate: 100/s}}\n'
        '  second: {number: "67076", kind: short-code, rate: 100/s}\n'
        '  main: {number: "67077", kind: short-code, rate: 100/s}\n'
    )
    template = here / "templates/welcome.liquid"
    template.write_text(template.read_text().replace("sender: main", "sender: [first, second]"))
    shop.engine("apply", "--yes")


def test_a_refusal_about_the_sender_opens_its_breaker_for_every_worker(shop: Shop) -> None:
    shop.write(number=NOT_OURS, kind="long-code", rate="10/s")
    shop.engine("apply", "--yes")
    shop.people({str(n): phone(n) for n in range(20)})
    shop.engine(*WELCOME, "--everyone")
    shop.engine("run", "--drain")
    (breaker,) = shop.json("status")["breakers"]
    assert (breaker["scope"], breaker["code"], breaker["state"]) == ("acme/sender/main", "21606", "open")
    attempts = sum(message["attempts"] for message in shop.messages())
    assert 1 <= attempts < 20
    # Another process, and another message: nothing is tried before the rest is over.
    shop.engine(*WELCOME, "--to", phone(30))
    shop.engine("run", "--drain")
    assert sum(message["attempts"] for message in shop.messages()) == attempts
    assert "21606" in shop.engine("status")


def test_resume_closes_a_breaker(shop: Shop) -> None:
    shop.write(number=NOT_OURS, kind="long-code")
    shop.engine("apply", "--yes")
    shop.engine(*WELCOME, "--to", phone(1))
    shop.engine("run", "--drain")
    assert shop.json("resume", "acme/sender/main")["resumed"] is True
    assert shop.json("status")["breakers"] == []
    shop.write(number="67076")
    shop.engine("apply", "--yes")
    shop.engine(*WELCOME, "--to", phone(2))
    shop.engine("run", "--drain")
    by_number = {message["to"]: message for message in shop.messages()}
    # A message that was attempted goes out as it was frozen, or not at all.
    assert (by_number[phone(1)]["from"], by_number[phone(1)]["attempts"]) == (NOT_OURS, 2)
    assert by_number[phone(1)]["state"] == "retry_wait"


def test_messages_that_were_not_attempted_move_to_the_next_sender(shop: Shop) -> None:
    two_senders(shop)
    shop.people({str(n): phone(n) for n in range(60)})
    shop.engine(*WELCOME, "--everyone")
    shop.engine("run", "--drain")
    messages = shop.messages()
    by_sender = Counter(message["from"] for message in messages)
    assert by_sender["67076"] > 0
    assert by_sender["67076"] + by_sender[NOT_OURS] == 60
    for message in messages:
        assert message["state"] == "retry_wait" if message["from"] == NOT_OURS else message["state"] in DELIVERED
    assert [breaker["scope"] for breaker in shop.json("status")["breakers"]] == ["acme/sender/first"]


def test_after_the_rest_one_message_is_tried_and_then_all_go(twilio: TwilioShop) -> None:
    twilio.write_twilio(look_ups=REST, rate="100/s")
    twilio.emulator.script(Fault.refused(21703, times=1000))
    twilio.people({str(n): phone(n) for n in range(30)})
    twilio.engine(*WELCOME, "--everyone")
    twilio.engine("run", "--drain")
    assert [b["scope"] for b in twilio.json("status")["breakers"]] == ["acme/sender/main"]
    before = creates(twilio)
    time.sleep(1.1)  # the rest
    twilio.engine("run", "--drain")
    assert creates(twilio) == before + 1
    (breaker,) = twilio.json("status")["breakers"]
    assert breaker["failures"] == 2
    twilio.emulator.clear_faults()
    time.sleep(2.1)  # twice as long
    twilio.engine("run", "--drain")
    assert set(twilio.states()) <= DELIVERED
    assert twilio.json("status")["breakers"] == []
    twilio.check(unaccepted=set())


def test_refused_credentials_rest_the_workspace_until_a_worker_starts_anew(twilio: TwilioShop) -> None:
    twilio.people({str(n): phone(n) for n in range(5)})
    twilio.engine(*WELCOME, "--everyone")
    good, twilio.variables = twilio.variables, {"TWILIO_AUTH_TOKEN": "wrong"}
    twilio.engine("run", "--drain", code=9)
    (breaker,) = twilio.json("status")["breakers"]
    assert (breaker["scope"], breaker["code"]) == ("acme", "20003")
    before = creates(twilio)
    twilio.engine("run", "--drain", code=9)
    assert creates(twilio) == before + 1
    twilio.variables = good
    twilio.engine("run", "--drain")
    assert set(twilio.states()) <= DELIVERED
    assert twilio.json("status")["breakers"] == []


def test_what_says_nothing_of_the_sender_opens_no_breaker(twilio: TwilioShop) -> None:
    for number, code in enumerate((21614, 21617, 20429)):
        twilio.emulator.script(Fault.refused(code, to=phone(number), status=429 if code == 20429 else 400))
        twilio.engine(*WELCOME, "--to", phone(number))
    twilio.engine("run", "--drain")
    status = twilio.json("status")
    assert status["breakers"] == []
    assert {(code["code"], code["class"], code["count"]) for code in status["codes"]} == {
        ("21614", "recipient", 1),
        ("21617", "content", 1),
        ("20429", "retry", 1),
    }
    assert "21614\trecipient\t1" in twilio.engine("status")


def test_retry_after_is_waited_for(twilio: TwilioShop) -> None:
    twilio.emulator.script(Fault.rate_limited("3", to=phone(1)))
    message = twilio.json(*WELCOME, "--to", phone(1))["messages"][0]
    twilio.engine("run", "--drain")
    history = {step["state"]: step for step in twilio.json("explain", message)["history"]}
    assert history["accepted"]["attempt"] == 2
    assert history["sending"]["at"] >= history["retry_wait"]["detail"]["due_at"]
    twilio.check(unaccepted=set())
