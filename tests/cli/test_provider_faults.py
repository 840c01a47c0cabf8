"""Apply at a provider that fails at each step in turn, and an engine that is killed between any two."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from twilio_account import ACCOUNT, CODE, INBOUND, NUMBER, SERVICE, posts, use_twilio

from engine.cli import providers
from engine.testing.twilio_emulator import Fault, TwilioEmulator

QUICK = ((0, "500"), (1, "reset and done"), (2, "401"))
ORDER = ("acme/provider/code", "acme/provider/pool", "acme/provider/support")
NO_ANSWER = {
    "500": Fault.server_error(accepted=False, on="configure"),
    "500 and done": Fault.server_error(accepted=True, on="configure"),
    "429": Fault.rate_limited(on="configure"),
    "reset": Fault.dropped(accepted=False, on="configure"),
    "reset and done": Fault.dropped(accepted=True, on="configure"),
    "unreadable": Fault.unreadable(accepted=True, on="configure"),
    "401": Fault.refused(20003, status=401, on="configure"),
}


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account=ACCOUNT) as running:
        yield running


@pytest.fixture(autouse=True)
def twilio(engine: Any, emulator: TwilioEmulator) -> None:
    use_twilio(engine, emulator)


def fail(emulator: TwilioEmulator, step: int, fault: Fault) -> None:
    """Lets the n-th step from 0 fail."""
    emulator.faults.script(*[Fault(on="configure")] * step, fault)


def results(engine: Any, *words: str, code: int) -> list[str]:
    applied = engine.json("apply", "--yes", *words, code=code)
    by_address = {result["address"]: result["result"] for result in applied["results"]}
    return [by_address.get(address, "") for address in ORDER]


def check_all_is_set(engine: Any, emulator: TwilioEmulator) -> None:
    assert emulator.console[NUMBER]["sms_url"] == emulator.console[CODE]["sms_url"] == INBOUND
    assert emulator.console[SERVICE]["inbound_request_url"] == INBOUND
    plan = engine.json("plan")
    assert (plan["changes"], plan["drift"]) == ([], [])


STEPS = [
    pytest.param(n, kind, marks=[] if (n, kind) in QUICK else pytest.mark.slow) for kind in NO_ANSWER for n in range(3)
]


@pytest.mark.parametrize(("step", "kind"), STEPS)
def test_no_answer_to_a_step_ends_it_and_the_next_apply_goes_on(
    engine: Any, emulator: TwilioEmulator, step: int, kind: str
) -> None:
    fail(emulator, step, NO_ANSWER[kind])
    digest = engine.json("plan")["digest"]
    expected = ["applied"] * step + ["failed"] + ["not tried"] * (2 - step)
    assert results(engine, "--digest", digest, code=8) == expected
    (release,) = engine.json("releases")["releases"]
    assert len(engine.json("status")["undone"]) == 3 - step
    begun = len(posts(emulator))
    assert results(engine, "--digest", digest, code=0) == [
        "" if result == "applied" or (result == "failed" and kind.endswith(("done", "unreadable"))) else "applied"
        for result in expected
    ]
    check_all_is_set(engine, emulator)
    done_unheard = kind.endswith(("done", "unreadable"))
    assert len(posts(emulator)) - begun == 3 - step - done_unheard, "nothing is done twice"
    assert engine.json("releases")["releases"] == [release]
    assert engine.json("status")["undone"] == []
    assert engine.json("apply", "--yes", "--digest", digest)["results"] == []


def test_silence_is_a_failure_too(engine: Any, emulator: TwilioEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "TELL_WITHIN", 0.2)
    fail(emulator, 1, Fault.silent(3600, accepted=True, on="configure"))
    assert results(engine, code=8) == ["applied", "failed", "not tried"]
    engine.run("apply", "--yes")
    check_all_is_set(engine, emulator)


def test_what_somebody_else_has_done_meanwhile_is_left_undone_no_more(engine: Any, emulator: TwilioEmulator) -> None:
    fail(emulator, 2, Fault.refused(21402, on="configure"))
    assert results(engine, code=8) == ["applied", "applied", "failed"]
    assert [step["state"] for step in engine.json("status")["undone"]] == ["failed"]
    emulator.console.change(NUMBER, sms_url=INBOUND)
    assert results(engine, code=0) == ["", "", ""]
    assert engine.json("status")["undone"] == []


def test_a_saved_plan_goes_on_too(engine: Any, emulator: TwilioEmulator) -> None:
    file = str(engine.folder / "plan.json")
    engine.run("plan", "--out", file)
    fail(emulator, 1, NO_ANSWER["reset"])
    assert results(engine, file, code=8) == ["applied", "failed", "not tried"]
    assert results(engine, file, code=0) == ["", "applied", "applied"]
    assert results(engine, file, code=0) == ["", "", ""]


def test_a_refusal_concerns_its_own_step(engine: Any, emulator: TwilioEmulator) -> None:
    fail(emulator, 0, Fault.refused(21402, on="configure"))
    done = engine.call("apply", "--yes", "--format", "json")
    assert done.exit_code == 8
    assert "21402" in done.stderr
    assert len(posts(emulator)) == 3
    assert results(engine, code=0) == ["applied", "", ""]
    check_all_is_set(engine, emulator)


def test_nothing_done_at_all_is_no_part(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    emulator.console.change(CODE, sms_url="")
    fail(emulator, 0, Fault.server_error(accepted=False, on="configure"))
    assert results(engine, code=9) == ["failed", "", ""]


def test_what_is_left_of_a_plan_is_all_that_its_digest_still_allows(engine: Any, emulator: TwilioEmulator) -> None:
    fail(emulator, 1, NO_ANSWER["500"])
    digest = engine.json("plan")["digest"]
    assert results(engine, "--digest", digest, code=8) == ["applied", "failed", "not tried"]
    emulator.console.change(CODE, sms_url="https://old.acme.example/sms")
    engine.refused("apply", "--yes", "--digest", digest, code=6)
    emulator.console.change(CODE, sms_url=INBOUND)
    fail(emulator, 0, NO_ANSWER["500"])
    assert results(engine, "--digest", digest, code=9) == ["", "failed", "not tried"]
    assert results(engine, "--digest", digest, code=0) == ["", "applied", "applied"]
    check_all_is_set(engine, emulator)


QUESTIONS = [
    pytest.param(n, kind, marks=[] if (n, kind) in QUICK else pytest.mark.slow)
    for kind in ("500", "429", "reset", "unreadable", "401")
    for n in range(6)
]


@pytest.mark.parametrize(("question", "kind"), QUESTIONS)
def test_a_question_that_is_not_answered_changes_nothing(
    engine: Any, emulator: TwilioEmulator, question: int, kind: str
) -> None:
    fault = NO_ANSWER[kind]
    broken = Fault(fault.answer, fault.accepted, status=fault.status, code=fault.code, body=fault.body, on="senders")
    emulator.faults.script(*[Fault(on="senders")] * question, broken)
    engine.refused("apply", "--yes", code=9)
    assert posts(emulator) == []
    assert engine.json("releases")["releases"] == []


@pytest.mark.parametrize("visit", [pytest.param(n, marks=[] if n == 4 else pytest.mark.slow) for n in range(1, 7)])
def test_killed_between_any_two_steps_the_next_apply_completes_it(
    engine: Any, emulator: TwilioEmulator, visit: int
) -> None:
    digest = engine.json("plan")["digest"]
    process = engine.start("apply", "--yes", "--digest", digest, ENGINE_CRASH_AT=f"mid-provider:{visit}")
    assert process.wait(60) == -9
    process.communicate()
    done = len(posts(emulator))
    assert done == visit // 2
    engine.run("apply", "--yes", "--digest", digest)
    assert len(posts(emulator)) == 3, "nothing is done twice"
    check_all_is_set(engine, emulator)


def test_a_plugin_that_crashes_is_told_of_like_any_failure(
    engine: Any, emulator: TwilioEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    monkeypatch.setattr("engine_twilio.configuring.configure", broken)
    assert results(engine, code=8) == ["failed", "not tried", "not tried"]
    monkeypatch.undo()
    engine.run("apply", "--yes")
    check_all_is_set(engine, emulator)
