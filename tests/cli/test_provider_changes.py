"""What plan and apply do about webhook addresses at the provider, on an emulated account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from twilio_account import ACCOUNT, CODE, INBOUND, NUMBER, SENDERS, SENDERS_FILE, SERVICE, STATUS, posts, use_twilio

from engine.testing.twilio_emulator import Fault, TwilioEmulator

ELSEWHERE = "https://old.acme.example/sms"


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account=ACCOUNT) as running:
        yield running


@pytest.fixture(autouse=True)
def twilio(engine: Any, emulator: TwilioEmulator) -> None:
    use_twilio(engine, emulator)


def at_providers(plan: Any, key: str = "changes") -> dict[str, tuple[Any, Any, str]]:
    """Gives the changes at providers, as (before, after, reason) by the sender's name."""
    return {
        change["address"].removeprefix("acme/provider/"): (
            {name: change["before"][name] for name in change["fields"]},
            {name: change["after"][name] for name in change["fields"]},
            change["reason"],
        )
        for change in plan[key]
        if change["address"].startswith("acme/provider/")
    }


def test_webhook_addresses_are_planned_applied_and_then_there(engine: Any, emulator: TwilioEmulator) -> None:
    plan = engine.json("plan")
    assert at_providers(plan) == {
        "code": ({"inbound": ""}, {"inbound": INBOUND}, "edited"),
        "pool": ({"inbound": "", "status": ""}, {"inbound": INBOUND, "status": STATUS}, "edited"),
        "support": ({"inbound": ""}, {"inbound": INBOUND}, "edited"),
    }
    assert plan["drift"] == []
    (support,) = [c for c in plan["changes"] if c["address"] == "acme/provider/support"]
    assert (support["source"]["file"], support["source"]["line"]) == (SENDERS_FILE, 2)
    assert (support["after"]["provider"], support["after"]["sender"]) == ("twilio", NUMBER)
    assert posts(emulator) == []

    applied = engine.json("apply", "--yes", "--digest", plan["digest"])
    assert {result["result"] for result in applied["results"]} == {"applied"}
    assert emulator.console[NUMBER]["sms_url"] == emulator.console[CODE]["sms_url"] == INBOUND
    service = emulator.console[SERVICE]
    assert (service["inbound_request_url"], service["status_callback"]) == (INBOUND, STATUS)
    assert [path.rpartition("/")[2][:2] for path in posts(emulator)] == ["SC", "MG", "PN"], "sorted by address"
    assert engine.json("plan")["summary"] == {"create": 0, "update": 0, "delete": 0}
    engine.run("plan", "--detailed-exitcode")


def test_what_somebody_changed_there_is_drift_and_is_set_back(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    release = engine.json("releases")["releases"]
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    plan = engine.json("plan")
    assert at_providers(plan, "drift") == {"support": ({"inbound": INBOUND}, {"inbound": ELSEWHERE}, "drift")}
    assert at_providers(plan) == {"support": ({"inbound": ELSEWHERE}, {"inbound": INBOUND}, "drift")}
    engine.run("plan", "--detailed-exitcode", code=2)
    engine.run("apply", "--yes")
    assert emulator.console[NUMBER]["sms_url"] == INBOUND
    assert engine.json("releases")["releases"] == release, "the config has not changed"


def test_what_the_config_changes_is_intent_and_no_drift(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    engine.change(SENDERS_FILE, "kind: long-code", f"kind: long-code, webhooks: {{fallback: '{ELSEWHERE}'}}")
    plan = engine.json("plan")
    assert plan["drift"] == []
    assert at_providers(plan) == {"support": ({"fallback": ""}, {"fallback": ELSEWHERE}, "edited")}
    engine.run("apply", "--yes")
    assert emulator.console[NUMBER]["sms_fallback_url"] == ELSEWHERE
    engine.change(SENDERS_FILE, f"'{ELSEWHERE}'", "none")
    emulator.console.change(NUMBER, sms_url=ELSEWHERE, sms_fallback_url=f"{ELSEWHERE}/2")
    plan = engine.json("plan")
    assert at_providers(plan, "drift") == {
        "support": (
            {"fallback": ELSEWHERE, "inbound": INBOUND},
            {"fallback": f"{ELSEWHERE}/2", "inbound": ELSEWHERE},
            "drift",
        )
    }
    assert at_providers(plan)["support"][2] == "edited", "the fallback is not what it was"


def test_what_the_config_says_no_more_is_taken_away_unless_somebody_else_has_set_it(
    engine: Any, emulator: TwilioEmulator
) -> None:
    first = engine.json("apply", "--yes")["release"]
    emulator.console.change(CODE, sms_fallback_url=ELSEWHERE)
    engine.change(SENDERS_FILE, "kind: long-code", f"kind: long-code, webhooks: {{fallback: '{ELSEWHERE}'}}")
    engine.run("apply", "--yes")
    assert emulator.console[NUMBER]["sms_fallback_url"] == ELSEWHERE
    engine.run("rollback", first, "--yes")
    assert emulator.console[NUMBER]["sms_fallback_url"] == ""
    emulator.console.change(NUMBER, sms_fallback_url=ELSEWHERE)
    engine.run("apply", "--yes")
    engine.change(SENDERS_FILE, f", webhooks: {{fallback: '{ELSEWHERE}'}}", "")
    emulator.console.change(NUMBER, sms_fallback_url=f"{ELSEWHERE}/2")
    engine.run("apply", "--yes")
    assert emulator.console[NUMBER]["sms_fallback_url"] == f"{ELSEWHERE}/2"
    assert emulator.console[CODE]["sms_fallback_url"] == ELSEWHERE


def test_drift_that_the_config_takes_over_is_none(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    engine.change(SENDERS_FILE, "kind: long-code", f"kind: long-code, webhooks: {{inbound: '{ELSEWHERE}'}}")
    plan = engine.json("plan")
    assert (plan["drift"], at_providers(plan)) == ([], {})
    engine.run("apply", "--yes")
    emulator.console.change(NUMBER, sms_url=INBOUND)
    assert at_providers(engine.json("plan"), "drift") == {
        "support": ({"inbound": ELSEWHERE}, {"inbound": INBOUND}, "drift")
    }


def test_what_is_left_alone_is_left_alone(engine: Any, emulator: TwilioEmulator) -> None:
    emulator.console.change(NUMBER, sms_url=ELSEWHERE, sms_fallback_url=ELSEWHERE)
    engine.change(SENDERS_FILE, "kind: long-code", "kind: long-code, webhooks: {inbound: leave}")
    engine.run("apply", "--yes")
    settings = emulator.console[NUMBER]
    assert (settings["sms_url"], settings["sms_fallback_url"]) == (ELSEWHERE, ELSEWHERE)
    emulator.console.change(NUMBER, sms_url="")
    assert engine.json("plan")["drift"] == []


@pytest.mark.parametrize("public_url", ["''", "http://127.0.0.1:8000"], ids=["none", "this machine"])
def test_nothing_is_asked_of_a_provider_that_could_not_reach_us(
    engine: Any, emulator: TwilioEmulator, public_url: str
) -> None:
    use_twilio(engine, emulator, public_url=public_url)
    engine.run("apply", "--yes")
    assert posts(emulator) == []


@pytest.mark.parametrize(
    ("value", "settings", "was"),
    [
        (NUMBER, {"sms_url": ELSEWHERE, "sms_method": "GET"}, f"GET {ELSEWHERE}"),
        (NUMBER, {"sms_application_sid": "AP" + "0" * 32}, "application AP" + "0" * 32),
        (NUMBER, {"sms_url": "https://ann:hunter2@old.acme.example/sms?key=k"}, "https://***@old.acme.example/sms?***"),
        (SERVICE, {"use_inbound_webhook_on_number": True}, "each number's own"),
    ],
    ids=["by GET", "a TwiML application", "with a password", "the numbers' own"],
)
def test_what_stands_there_is_shown_and_replaced(
    engine: Any, emulator: TwilioEmulator, value: str, settings: dict[str, Any], was: str
) -> None:
    emulator.console.change(value, **settings)
    name = {NUMBER: "support", CODE: "code", SERVICE: "pool"}[value]
    plan = engine.run("plan", "--format", "json")
    assert "hunter2" not in plan
    assert at_providers(engine.json("plan"))[name][0]["inbound"] == was
    engine.run("apply", "--yes")
    assert engine.json("plan")["summary"]["update"] == 0
    key = "inbound_request_url" if value == SERVICE else "sms_url"
    assert emulator.console[value][key] == INBOUND


def test_a_plan_is_stale_when_somebody_has_changed_something_there_since(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    engine.change("config/workspaces/acme/snippets/footer.liquid", "stop.", "end.")
    file = str(engine.folder / "plan.json")
    digest = engine.json("plan", "--out", file)["digest"]
    emulator.console.change(CODE, sms_url="")
    assert "acme/provider/code" in engine.refused("apply", file, "--yes", code=6)
    engine.refused("apply", "--digest", digest, "--yes", code=6)
    assert len(posts(emulator)) == 3, "of the first apply"
    engine.run("apply", "--digest", digest, "--yes", "--no-refresh")


def test_a_plan_that_did_not_look_is_not_the_one_that_does(engine: Any, emulator: TwilioEmulator) -> None:
    digest = engine.json("plan", "--no-refresh")["digest"]
    assert digest != engine.json("plan")["digest"]
    engine.refused("apply", "--digest", digest, "--yes", code=6)
    engine.run("apply", "--digest", digest, "--yes", "--no-refresh")
    assert posts(emulator) == []


def test_two_workspaces_that_want_one_sender_to_lead_elsewhere(engine: Any, emulator: TwilioEmulator) -> None:
    for file in ("workspace.yaml", "senders.yaml"):
        text = (engine.folder / f"config/workspaces/acme/{file}").read_text(encoding="utf-8")
        engine.write(f"config/workspaces/beta/{file}", text)
    found = [w for w in engine.json("plan")["warnings"] if w["code"] == "provider.sender-shared"]
    assert [(w["address"], w["line"]) for w in found] == [
        ("beta/sender/support", 2),
        ("beta/sender/code", 3),
        ("beta/sender/pool", 4),
        ("beta/sender/pool", 4),
    ]
    engine.run("apply", "--yes")
    assert posts(emulator) == []
    engine.write(
        "config/workspaces/beta/senders.yaml",
        SENDERS.replace("}\n", ", webhooks: {inbound: leave, status: leave}}\n"),
    )
    engine.run("apply", "--yes")
    assert emulator.console[NUMBER]["sms_url"] == INBOUND
    assert engine.json("plan")["warnings"] == []


def test_no_answer_is_a_warning_for_plan_and_an_error_for_apply(engine: Any, emulator: TwilioEmulator) -> None:
    engine.variables["TOKEN"] = "another-token"
    plan = engine.json("plan")
    assert ([w["code"] for w in plan["warnings"]], at_providers(plan)) == (["provider.unreadable"], {})
    engine.refused("apply", "--yes", code=9)
    assert engine.json("releases")["releases"] == []
    engine.run("apply", "--yes", "--no-refresh")
    assert posts(emulator) == []


def test_status_shows_what_was_changed_there(engine: Any, emulator: TwilioEmulator) -> None:
    assert engine.json("status")["drift"] == [], "nothing was applied yet"
    engine.run("apply", "--yes")
    engine.run("status", "--exit-code")
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    status = engine.json("status")
    assert status["drift"] == [
        {"address": "acme/provider/support", "sender": NUMBER, "webhook": "inbound", "was": INBOUND, "is": ELSEWHERE}
    ]
    assert ELSEWHERE in engine.run("status", "--exit-code", code=2)
    asked = len(emulator.ledger.requests)
    assert engine.json("status", "--no-refresh")["drift"] == []
    assert len(emulator.ledger.requests) == asked
    done = engine.call("status", TOKEN="another")
    assert (done.exit_code, "provider.unreadable" in done.stderr) == (0, True)


def test_reconcile_tells_of_drift_there_and_sets_it_back_only_on_demand(engine: Any, emulator: TwilioEmulator) -> None:
    assert engine.json("reconcile")["result"] == "applied"
    assert engine.json("reconcile")["result"] == "unchanged"
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    done = engine.json("reconcile")
    assert (done["result"], "acme/provider/support" in done["message"]) == ("drifted", True)
    assert emulator.console[NUMBER]["sms_url"] == ELSEWHERE
    engine.write("config/workspaces/acme/snippets/footer.liquid", "Text STOP to stop.\n")
    assert engine.json("reconcile")["result"] == "applied"
    assert emulator.console[NUMBER]["sms_url"] == ELSEWHERE
    assert engine.json("reconcile", "--heal")["result"] == "applied"
    assert emulator.console[NUMBER]["sms_url"] == INBOUND


def test_reconcile_goes_on_where_it_could_not_end(engine: Any, emulator: TwilioEmulator) -> None:
    emulator.faults.script(Fault(on="configure"), Fault.server_error(accepted=False, on="configure"))
    done = engine.json("reconcile", code=8)
    assert (done["result"], done["release"] is not None) == ("failed", True)
    done = engine.json("reconcile")
    assert (done["result"], emulator.console[NUMBER]["sms_url"]) == ("applied", INBOUND)


def test_reconcile_outlives_a_provider_that_does_not_answer(engine: Any, emulator: TwilioEmulator) -> None:
    process = engine.start("reconcile", "--every", "1s", "--format", "ndjson")
    try:
        rounds = (json.loads(line) for line in process.stdout)
        first = next(rounds)
        assert first["result"] == "applied"
        emulator.faults.script(Fault.server_error(accepted=False, on="senders"))
        failed = next(one for one in rounds if one["result"] == "failed")
        assert (failed["error"]["exit_code"], failed["release"]) == (9, first["release"])
        assert next(rounds)["result"] == "unchanged"
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def test_a_sender_that_was_taken_out_and_still_leads_here_is_told_of(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("apply", "--yes")
    engine.change(SENDERS_FILE, f'  code: {{number: "{CODE}", kind: short-code}}\n', "")
    assert [w["code"] for w in engine.json("plan")["warnings"]] == ["provider.sender-left-behind"]
    engine.run("apply", "--yes")
    assert emulator.console[CODE]["sms_url"] == INBOUND, "a STOP to it must go on being heard"
