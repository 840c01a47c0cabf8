"""engine senders, and engine senders pull."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from twilio_account import ACCOUNT, INBOUND, NUMBER, SENDERS_FILE, SERVICE, posts, use_twilio

from engine.testing.twilio_emulator import TwilioEmulator

ELSEWHERE = "https://old.acme.example/sms"


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account=ACCOUNT) as running:
        yield running


@pytest.fixture(autouse=True)
def twilio(engine: Any, emulator: TwilioEmulator) -> None:
    senders = f'senders:\n  support: {{number: "{NUMBER}", kind: long-code}}  # the desk\n'
    use_twilio(engine, emulator, senders=senders + '  lost: {number: "+14155550199", kind: long-code}\n')


def listed(engine: Any, *words: str) -> dict[str, Any]:
    return {row["value"]: row for row in engine.json("senders", *words)["senders"]}


def test_the_config_s_senders_stand_beside_the_account_s(engine: Any, emulator: TwilioEmulator) -> None:
    emulator.console.change(NUMBER, friendly_name="Desk", sms_url=ELSEWHERE)
    found = listed(engine)
    desk = found[NUMBER]
    assert (desk["sender"], desk["exists"], desk["label"]) == ("acme/sender/support", True, "Desk")
    assert (desk["sms"], desk["mms"], desk["voice"]) == (True, True, True)
    assert (desk["webhooks"]["inbound"], desk["to_set"], desk["drift"]) == (ELSEWHERE, {"inbound": INBOUND}, {})
    assert found["+14155550199"]["exists"] is False
    assert (found[SERVICE]["sender"], found[SERVICE]["exists"]) == (None, True)
    findings = engine.json("senders")["findings"]
    assert [(f["code"], f["line"]) for f in findings] == [("provider.sender-missing", 3)]
    text = engine.run("senders")
    assert "to set: inbound" in text
    assert "not in the config" in text
    assert {row["exists"] for row in listed(engine, "--no-refresh").values()} == {None}
    assert posts(emulator) == []


def test_drift_is_shown(engine: Any, emulator: TwilioEmulator) -> None:
    engine.change(SENDERS_FILE, '  lost: {number: "+14155550199", kind: long-code}\n', "")
    engine.run("apply", "--yes")
    assert listed(engine)[NUMBER]["drift"] == {}
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    assert listed(engine)[NUMBER]["drift"] == {"inbound": INBOUND}
    assert "drift: inbound" in engine.run("senders", "--workspace", "acme")


def test_pull_writes_what_the_account_has_and_then_nothing(engine: Any, emulator: TwilioEmulator) -> None:
    emulator.console.change(NUMBER, sms_url=ELSEWHERE)
    before = (engine.folder / SENDERS_FILE).read_text(encoding="utf-8")
    would = engine.json("senders", "pull", "--dry-run")
    assert (engine.folder / SENDERS_FILE).read_text(encoding="utf-8") == before
    done = engine.json("senders", "pull")
    assert done == would
    assert set(done["added"].values()) == {"+14155550101", "67076", SERVICE}
    assert done["changed"] == {"support": ["mms", "webhooks"]}
    assert done["missing"] == ["lost"]
    text = (engine.folder / SENDERS_FILE).read_text(encoding="utf-8")
    assert "# the desk" in text
    engine.run("validate")
    assert SENDERS_FILE not in engine.call("fmt", "--check").stdout
    assert engine.json("senders", "pull") == {"version": 1, "added": {}, "changed": {}, "missing": ["lost"]}
    assert (engine.folder / SENDERS_FILE).read_text(encoding="utf-8") == text
    assert posts(emulator) == []
    support = [c for c in engine.json("plan")["changes"] if c["address"] == "acme/provider/support"]
    assert support == [], "what stands there is what the config says"


def test_pull_works_where_templates_wait_for_it(engine: Any) -> None:
    engine.write(SENDERS_FILE, "# none yet\n")
    assert engine.call("validate").exit_code == 3
    assert len(engine.json("senders", "pull")["added"]) == 4
    assert (engine.folder / SENDERS_FILE).read_text(encoding="utf-8").startswith("# none yet\nsenders:\n")


def test_senders_of_another_workspace_are_not_pulled(engine: Any, emulator: TwilioEmulator) -> None:
    workspace = (engine.folder / "config/workspaces/acme/workspace.yaml").read_text(encoding="utf-8")
    engine.write("config/workspaces/beta/workspace.yaml", workspace)
    engine.refused("senders", "pull", code=64)
    assert NUMBER not in engine.json("senders", "pull", "--workspace", "beta")["added"].values()
    assert engine.json("senders", "pull", "--workspace", "acme")["added"] == {}


def test_what_cannot_be_read_is_not_written(engine: Any) -> None:
    engine.change(SENDERS_FILE, "kind: long-code}  #", "kind: no-code}  #")
    before = (engine.folder / SENDERS_FILE).read_text(encoding="utf-8")
    engine.refused("senders", "pull", code=3)
    assert (engine.folder / SENDERS_FILE).read_text(encoding="utf-8") == before


def test_a_provider_that_cannot_be_asked_is_an_error(engine: Any) -> None:
    assert engine.call("senders", TOKEN="another").exit_code == 9
    assert engine.call("senders", "pull", TOKEN="another").exit_code == 9
    engine.run("senders", "--no-refresh", TOKEN="another")


def test_the_sandbox_takes_any_sender(engine: Any) -> None:
    engine.write("config/workspaces/acme/workspace.yaml", "name: Acme\nbusiness: {country: US}\n")
    assert {row["exists"] for row in listed(engine).values()} == {True}
    engine.refused("senders", "pull", code=64)
