"""The long fault runs: many kills, many faults at once, a silent provider. Run with -m slow."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from phones import phone
from twilio_shop import TwilioShop

from engine.testing.twilio_emulator import Fault

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

POINTS = ["after-claim", "before-commit", "after-commit", "before-call", "after-call", "before-record", "after-record"]
TIMES = int(os.environ.get("FAULT_TIMES", "20"))


RANDOM_KILLS = int(os.environ.get("FAULT_RANDOM_KILLS", "40"))


def can_mount() -> bool:
    """True where this process may mount a file system."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True)
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=False)
        return tried.returncode == 0


def free(folder: Path) -> int:
    """Gives the bytes that are left on a disk."""
    return shutil.disk_usage(folder).free


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


@pytest.mark.parametrize("seed", range(4))
def test_random_kills(twilio: TwilioShop, seed: int) -> None:
    """Kills at any instant, start-up and shutdown included, while messages flow and some answers get lost."""
    chance = random.Random(seed)
    twilio.emulator.behave(latency=0.05)
    twilio.emulator.chance([(0.05, Fault.dropped(accepted=True)), (0.05, Fault.rate_limited("1"))], seed=seed)
    twilio.write_twilio(rate="20/s")
    kills = RANDOM_KILLS // 4
    # As many as keep the loop busy to the last kill.
    twilio.people({str(n): phone(n) for n in range(100 + 9 * kills)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    for _ in range(kills):
        process = twilio.start("run")
        time.sleep(0.3 + 1.2 * chance.random())
        process.kill()
        process.communicate()
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})


def test_random_kills_at_full_speed_of_the_loop_and_of_its_helper(twilio: TwilioShop) -> None:
    """Slices are full, so that a process beside the loop composes them; either of the two dies at any instant."""
    chance = random.Random(5)
    twilio.emulator.behave(latency=0.2)
    twilio.emulator.chance([(0.02, Fault.dropped(accepted=True))], seed=5)
    twilio.people({str(n): phone(n) for n in range(6_000)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    for _ in range(8):
        process = twilio.start("run")
        for _ in range(2):
            time.sleep(0.6 + 0.6 * chance.random())
            if chance.random() < 0.5:
                process.kill()
                break
            for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(pid), signal.SIGKILL)
        process.kill()
        process.communicate()
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert len(twilio.messages()) == 6_000


def test_two_loops_under_faults(twilio: TwilioShop) -> None:
    faults = [
        (0.1, Fault.dropped(accepted=True)),
        (0.1, Fault.server_error(accepted=False)),
        (0.1, Fault.rate_limited()),
    ]
    twilio.emulator.chance(faults, seed=11)
    twilio.people({str(n): phone(n) for n in range(300)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    loops = [twilio.start("run", "--drain") for _ in range(2)]
    for loop in loops:
        _, err = loop.communicate(timeout=300)
        assert loop.returncode == 0, err
    twilio.check(unaccepted={"held"})


@pytest.mark.skipif(not can_mount(), reason="mounting a small disk needs root")
def test_a_disk_that_fills_up(twilio: TwilioShop) -> None:
    """The loop ends with 9 and goes on where it was once there is room."""
    state = twilio.folder / "state"
    shutil.rmtree(state)
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(state)], check=True)
    try:
        twilio.engine("apply", "--yes", "--no-refresh")
        twilio.people({str(n): phone(n) for n in range(400)})
        twilio.engine("send", "welcome", "-w", "acme", "--everyone")
        with (state / "filler").open("wb") as filler:
            filler.write(b"x" * (free(state) - 300_000))
        process = twilio.start("run", "--drain")
        _, err = process.communicate(timeout=300)
        assert process.returncode == 9, err
        assert "Traceback" not in err
        (state / "filler").unlink()
        twilio.engine("run", "--drain")
        twilio.check(unaccepted={"held"})
        assert len(twilio.messages()) == 400
    finally:
        subprocess.run(["umount", "-l", str(state)], check=False)


@pytest.mark.skipif(not can_mount(), reason="remounting needs root")
def test_a_state_that_turned_read_only(twilio: TwilioShop) -> None:
    state = twilio.folder / "state"
    shutil.rmtree(state)
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(state)], check=True)
    try:
        twilio.write_twilio(rate="20/s")
        twilio.people({str(n): phone(n) for n in range(200)})
        twilio.engine("send", "welcome", "-w", "acme", "--everyone")
        running = twilio.start("run")
        time.sleep(3)
        running.kill()
        running.communicate()
        subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
        process = twilio.start("run", "--drain")
        _, err = process.communicate(timeout=300)
        assert process.returncode == 9, err
        assert "Traceback" not in err
        subprocess.run(["mount", "-o", "remount,rw", str(state)], check=True)
        twilio.engine("run", "--drain")
        twilio.check(unaccepted={"held"})
    finally:
        subprocess.run(["umount", "-l", str(state)], check=False)


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
