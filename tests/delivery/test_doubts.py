"""Answers that leave a doubt: never twice, never lost, and what the provider took ends accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
from phones import phone
from twilio_shop import DELIVERED, TwilioShop

from engine.testing.twilio_emulator import Fault, emulator_process

POINTS = ["after-claim", "before-commit", "after-commit", "before-call", "after-call", "before-record", "after-record"]


FAULTS = {
    phone(1): Fault.rate_limited("1", to=phone(1)),
    phone(2): Fault.server_error(accepted=False, to=phone(2)),
    phone(3): Fault.server_error(accepted=True, to=phone(3)),
    phone(4): Fault.dropped(accepted=False, to=phone(4)),
    phone(5): Fault.dropped(accepted=True, to=phone(5)),
    phone(6): Fault("garbage", accepted=True, status=201, body="<html>", to=phone(6)),
}
NOT_TAKEN = {phone(2), phone(4)}


def test_every_fault_settles_and_what_was_not_taken_is_held(twilio: TwilioShop) -> None:
    twilio.emulator.script(*FAULTS.values())
    twilio.people({str(n): phone(n) for n in range(10)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone", "--key", "k")
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert {message["to"] for message in twilio.messages() if message["state"] == "held"} == NOT_TAKEN
    assert twilio.json("send", "welcome", "-w", "acme", "--everyone", "--key", "k")["queued"] == 0
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})


def test_under_resend_what_was_not_taken_is_sent_again_as_it_was(twilio: TwilioShop) -> None:
    twilio.write_twilio(on_doubt="resend")
    twilio.emulator.script(*FAULTS.values())
    twilio.people({str(n): phone(n) for n in range(10)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    twilio.engine("run", "--drain")
    twilio.check(unaccepted=set())
    by_number = {message["to"]: message for message in twilio.messages()}
    assert {by_number[number]["attempts"] for number in NOT_TAKEN} == {2}
    bodies = {message["to"]: message["body"] for message in twilio.emulator.messages()}
    assert bodies == {number: message["body"] for number, message in by_number.items()}


def test_an_operator_settles_what_is_held(twilio: TwilioShop) -> None:
    twilio.emulator.script(*(FAULTS[number] for number in sorted(NOT_TAKEN)))
    twilio.people({str(n): phone(n) for n in (2, 4)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    twilio.engine("run", "--drain")
    first, second = sorted(message["id"] for message in twilio.messages() if message["state"] == "held")
    assert twilio.json("settle", first, "--as", "sent")["state"] == "accepted"
    assert twilio.json("settle", second, "--as", "not-sent")["state"] == "queued"
    twilio.engine("settle", first, "--as", "sent", code=64)
    twilio.engine("run", "--drain")
    states = {message["id"]: message["state"] for message in twilio.messages()}
    assert states[first] == "accepted"
    assert states[second] in DELIVERED
    assert sum(len(sids) for sids in twilio.emulator.accepted_by_to().values()) == 1


def test_a_look_up_that_lags_behind_its_message_still_finds_it(twilio: TwilioShop) -> None:
    twilio.emulator.behave(lookup_lag=1.5)
    twilio.emulator.script(Fault.server_error(accepted=True, to=phone(1)))
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    twilio.engine("run", "--drain")
    twilio.check(unaccepted=set())


def test_two_messages_with_the_same_words_are_not_taken_for_each_other(twilio: TwilioShop) -> None:
    twilio.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", '{"code": "1"}')
    twilio.engine("run", "--drain")
    twilio.emulator.script(Fault.dropped(accepted=False, to=phone(1)))
    twilio.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", '{"code": "1"}')
    twilio.engine("run", "--drain")
    assert [message["state"] in DELIVERED for message in twilio.messages()] == [True, False]
    assert twilio.messages()[1]["state"] == "held"


def test_refused_credentials_end_with_9_and_nothing_is_lost(twilio: TwilioShop) -> None:
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    good, twilio.variables = twilio.variables, {"TWILIO_AUTH_TOKEN": "wrong"}
    twilio.engine("run", "--drain", code=9)
    assert twilio.states() == {"retry_wait": 1}
    assert twilio.emulator.accepted_by_to() == {}
    twilio.variables = good


def test_an_unset_secret_ends_with_9_and_names_the_variable(twilio: TwilioShop) -> None:
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    twilio.variables = {}
    process = twilio.start("run", "--drain")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 9
    assert "TWILIO_AUTH_TOKEN" in err
    assert set(twilio.states()) <= {"queued", "retry_wait"}


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_each_point_sends_nothing_twice_and_loses_nothing(twilio: TwilioShop, point: str) -> None:
    twilio.people({str(n): phone(n) for n in range(8)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    twilio.engine("run", "--drain", crash=f"{point}:2" if "call" in point else point, code=-9)
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})


def test_a_trial_account_is_named(tmp_path: Path) -> None:
    with emulator_process("--trial") as emulator:
        shop = TwilioShop(tmp_path, emulator=emulator)
        shop.write_twilio()
        shop.engine("send", "welcome", "-w", "acme", "--to", phone(1))
        process = shop.start("run", "--drain")
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "twilio.trial-account" in err


def test_two_doubts_with_the_same_words_settle_one_after_the_other(twilio: TwilioShop) -> None:
    twilio.emulator.script(Fault.dropped(accepted=True, to=phone(1)), Fault.dropped(accepted=False, to=phone(1)))
    for _ in range(2):
        twilio.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", '{"code": "1"}')
    twilio.engine("run", "--drain")
    states = sorted(twilio.states().elements())
    assert len(twilio.emulator.accepted_by_to()[phone(1)]) == 1
    assert states[-1] == "held"
    assert states[0] in DELIVERED


def test_another_text_to_the_same_number_is_no_reason_to_hold(twilio: TwilioShop) -> None:
    twilio.emulator.behave(lookup_lag=1.5)
    twilio.emulator.script(Fault.dropped(accepted=True, to=phone(1)))
    for code in ("1", "2", "3"):
        twilio.engine("send", "code", "-w", "acme", "--to", phone(1), "--data", f'{{"code": "{code}"}}')
    twilio.engine("run", "--drain")
    assert set(twilio.states()) <= DELIVERED
    assert len(twilio.emulator.accepted_by_to()[phone(1)]) == 3


def test_a_doubt_whose_provider_refuses_us_ends_the_drain_and_waits(twilio: TwilioShop) -> None:
    twilio.write_twilio(look_ups="[4s, 1s, 1s]")
    twilio.emulator.script(Fault.dropped(accepted=True, to=phone(1)))
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    twilio.engine("run", "--drain", crash="after-record", code=-9)
    assert twilio.states() == {"in_doubt": 1}
    good, twilio.variables = twilio.variables, {"TWILIO_AUTH_TOKEN": "wrong"}
    twilio.engine("run", "--drain", code=9)
    assert twilio.states() == {"in_doubt": 1}
    twilio.variables = good
    twilio.engine("run", "--drain")
    twilio.check(unaccepted=set())


def test_a_doubt_is_looked_up_at_the_account_that_had_it(twilio: TwilioShop) -> None:
    twilio.write_twilio(look_ups="[4s, 1s, 1s]")
    twilio.emulator.script(Fault.dropped(accepted=True, to=phone(1)))
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    twilio.engine("run", "--drain", crash="after-record", code=-9)
    twilio.write(look_ups="[4s, 1s, 1s]")  # the sandbox from now on
    twilio.engine("apply", "--yes", "--no-refresh")
    twilio.engine("run", "--drain")
    twilio.check(unaccepted=set())


def test_a_doubt_does_not_wait_for_a_sender_that_rests(twilio: TwilioShop) -> None:
    twilio.emulator.script(Fault.dropped(accepted=True, to=phone(1)), Fault.refused(21606, to=phone(2)))
    for number in (1, 2):
        twilio.engine("send", "welcome", "-w", "acme", "--to", phone(number))
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"retry_wait"})
