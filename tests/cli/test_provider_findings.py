"""What plan and apply find out at the provider, on an emulated account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.testing.twilio_emulator import Account, TwilioEmulator

ACCOUNT = Account(numbers=("+14155550100",), short_codes=("67076",))
SENDERS = """\
senders:
  support: {number: "+14155550100", kind: long-code}
  lost: {number: "+14155550199", kind: long-code}
  code: {number: "67076", kind: short-code}
  brand: {alphanumeric: ACME, countries: [GB]}
  pool: {messaging_service: MG0123456789abcdef0123456789abcdef}
  puddle: {messaging_service: MG00000000000000000000000000000000}
"""
SENDERS_FILE = "config/workspaces/acme/senders.yaml"
WORKSPACE = "config/workspaces/acme/workspace.yaml"


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account=ACCOUNT) as running:
        yield running


@pytest.fixture(autouse=True)
def twilio(engine: Any, emulator: TwilioEmulator) -> None:
    engine.change("config/engine.yaml", "[sandbox", "[twilio, sandbox")
    engine.change(
        WORKSPACE,
        "{country: US}",
        f"{{country: US}}\ndelivery: {{provider: twilio, account_sid: {ACCOUNT.sid}, auth_token: '${{TOKEN}}', "
        f"api_url: '{emulator.url}'}}",
    )
    engine.write(SENDERS_FILE, SENDERS)
    engine.variables["TOKEN"] = ACCOUNT.auth_token


def warnings(engine: Any, **variables: str) -> list[tuple[str, str, int]]:
    return [(w["code"], w["address"], w["line"]) for w in engine.json("plan", **variables)["warnings"]]


def test_senders_that_the_account_does_not_have_are_found_at_their_place(engine: Any) -> None:
    assert warnings(engine) == [
        ("provider.sender-missing", "acme/sender/lost", 3),
        ("provider.sender-missing", "acme/sender/puddle", 7),
    ]
    done = engine.call("apply", "--yes")
    assert done.exit_code == 3
    assert done.stderr.count("provider.sender-missing") == 2
    engine.run("apply", "--yes", "--no-refresh")


def test_nobody_is_asked_with_no_refresh(engine: Any, emulator: TwilioEmulator) -> None:
    assert engine.json("plan", "--no-refresh")["warnings"] == []
    engine.run("apply", "--yes", "--no-refresh")
    assert not emulator.ledger.requests


def test_nothing_but_reading_is_done_by_plan(engine: Any, emulator: TwilioEmulator) -> None:
    engine.run("plan")
    assert {seen.method for seen in emulator.ledger.requests} == {"GET"}


def test_refused_credentials_are_a_warning_for_plan_and_an_error_for_apply(engine: Any) -> None:
    assert warnings(engine, TOKEN="0123456789abcdef") == [("provider.unreadable", "acme/workspace", 3)]
    engine.refused("apply", "--yes", code=9, TOKEN="0123456789abcdef")
    engine.run("apply", "--yes", "--no-refresh", TOKEN="0123456789abcdef")


def test_a_workspace_without_senders_needs_no_provider(engine: Any, emulator: TwilioEmulator) -> None:
    engine.remove("config/workspaces/acme/templates/club/welcome.liquid")
    engine.remove(SENDERS_FILE)
    engine.run("apply", "--yes", TOKEN="")
    assert not emulator.ledger.requests
