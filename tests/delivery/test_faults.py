"""The long fault runs: many kills, many faults at once, a silent provider. Run with -m slow."""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from pathlib import Path

import pytest
from twilio_shop import TwilioShop

from engine.testing.twilio_emulator import Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

POINTS = ["after-claim", "before-commit", "after-commit", "before-call", "after-call", "before-record", "after-record"]
TIMES = int(os.environ.get("FAULT_TIMES", "20"))


def phone(number: int) -> str:
    return f"+1{(206, 212, 312, 415, 617)[number // 100]}55501{number % 100:02d}"


@pytest.mark.parametrize("point", POINTS)
def test_kills_at_each_point_under_load(twilio: TwilioShop, point: str) -> None:
    """Kills the loop again and again in the midst of its work; then lets it finish."""
    for number in range(TIMES):
        # Six new people each time, so that there is always something to be killed at.
        twilio.people({str(n): phone(n) for n in range(6 * number, 6 * number + 6)})
        twilio.engine("send", "welcome", "-w", "acme", "--everyone", "--key", "once")
        visit = number % 5 + 1 if "call" in point else 1
        twilio.engine("run", "--drain", crash=f"{point}:{visit}", code=-signal.SIGKILL)
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert len(twilio.messages()) == 6 * TIMES


def test_every_fault_by_chance_in_a_thousand_messages(twilio: TwilioShop) -> None:
    faults = [
        (0.05, Fault.rate_limited("1")),
        (0.03, Fault.server_error(accepted=False)),
        (0.03, Fault.server_error(accepted=True)),
        (0.03, Fault.dropped(accepted=False)),
        (0.03, Fault.dropped(accepted=True)),
    ]
    twilio.emulator.chance(faults, seed=7)
    twilio.people({str(n): phone(n) for n in range(500)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert twilio.states()["held"] > 0


def test_forty_seconds_of_silence(twilio: TwilioShop) -> None:
    twilio.emulator.script(Fault.silent(40, accepted=True, to=phone(1)), Fault.silent(40, accepted=False, to=phone(2)))
    twilio.write_twilio(lease="60s", look_ups="[1s, 10s, 10s]")
    for number in (1, 2, 3):
        twilio.engine("send", "welcome", "-w", "acme", "--to", phone(number))
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert sorted(m["to"] for m in twilio.messages() if m["state"] == "held") == [phone(2)]


def test_a_process_that_slept_through_its_lease(twilio: TwilioShop) -> None:
    twilio.emulator.behave(latency=0.2)
    twilio.write_twilio(rate="50/s")
    twilio.people({str(n): phone(n) for n in range(100)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    asleep = twilio.start("run", "--drain")
    time.sleep(2)
    asleep.send_signal(signal.SIGSTOP)
    other = twilio.start("run", "--drain")
    time.sleep(4)
    asleep.send_signal(signal.SIGCONT)
    for process in (other, asleep):
        process.communicate(timeout=120)
        assert process.returncode == 0
    twilio.check(unaccepted={"held"})


def test_random_kills(twilio: TwilioShop) -> None:
    chance = random.Random(3)
    twilio.emulator.behave(latency=0.05)
    twilio.write_twilio(rate="100/s")
    twilio.people({str(n): phone(n) for n in range(400)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    for _ in range(TIMES):
        process = twilio.start("run")
        time.sleep(0.5 + chance.random())
        process.kill()
        process.communicate()
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})


def test_ten_thousand_rows_each_valid_person_once(twilio: TwilioShop, tmp_path: Path) -> None:
    good, bad = {}, []
    with (tmp_path / "people.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "first_name", "phone"])
        for number in range(10_000):
            if number % 97 == 0:
                bad.append(number + 1)
                rows.writerow([number, "Nobody", "nonsense"])
            else:
                # NANP numbers without reserved ranges: the emulator is the only one that they reach.
                good[str(number)] = f"+1415{2_000_000 + number * 7:07d}"
                rows.writerow([number, f"P{number}", good[str(number)][2:]])
    imported = twilio.json("people", "import", "people.csv", "-w", "acme", code=8)
    assert imported["imported"] == len(good)
    assert [row["row"] for row in imported["rejected"]] == bad
    send = ("send", "welcome", "-w", "acme", "--everyone", "--key", "once")
    twilio.engine(*send)
    twilio.engine("run", "--drain")
    twilio.check(unaccepted=set())
    accepted = {message["to"]: message for message in twilio.emulator.messages()}
    assert accepted.keys() == set(good.values())
    stand_in, short = (
        twilio.json("preview", "welcome", "-w", "acme", "--person", "1")["previews"][0]["body"],
        accepted[good["1"]]["body"],
    )
    assert stand_in.rpartition("/")[0] == short.rpartition("/")[0]
    assert len(stand_in) == len(short)
    assert twilio.json("people", "import", "people.csv", "-w", "acme", code=8)["imported"] == 0
    assert twilio.json(*send)["queued"] == 0
    twilio.engine("run", "--drain")
    assert twilio.emulator.summary()["accepted"] == len(good)
