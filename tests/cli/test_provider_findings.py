"""What plan and apply find out at the provider, on an emulated account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.testing.twilio_emulator import Account, TwilioEmulator

ACCOUNT = Account(
    numbers=("+14155550100", "+14155550101", "+14155550102"),
    voice_only=frozenset({"+14155550101"}),
    sms_only=frozenset({"+14155550102"}),
    short_codes=("67076",),
    services={"MG0123456789abcdef0123456789abcdef": ("+14155550100", "67076")},
)
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


CAPABILITIES = """\
senders:
  calls: {number: "+14155550101", kind: long-code}
  plain: {number: "+14155550102", kind: toll-free, mms: true}
  code:
    number: "67076"
    kind: short-code
    countries: [US, CA]
    webhooks: {status: leave}
  pool: {messaging_service: MG0123456789abcdef0123456789abcdef, mms: true}
  support: {number: "+14155550100", kind: long-code, webhooks: {status: "https://acme.example/status"}}
"""


def test_what_the_account_s_senders_cannot_do_is_found_at_its_place(engine: Any) -> None:
    engine.write(SENDERS_FILE, CAPABILITIES)
    found = engine.json("plan")["warnings"]
    assert [(w["code"], w["severity"], w["line"], w["column"]) for w in found] == [
        ("provider.sender-cannot-text", "error", 2, 19),
        ("provider.sender-cannot-mms", "error", 3, 57),
        ("provider.sender-kind", "warning", 3, 41),
        ("provider.sender-country", "warning", 7, 16),
        ("provider.webhook-not-settable", "warning", 10, 73),
    ]
    assert {w["file"] for w in found} == {SENDERS_FILE}
    engine.refused("apply", "--yes", code=3)


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


def test_a_number_whose_service_takes_its_texts_elsewhere(engine: Any, emulator: TwilioEmulator) -> None:
    engine.change("config/engine.yaml", "engine: 1\n", "engine: 1\npublic_url: https://sms.acme.example\n")
    number = 'senders:\n  support: {number: "+14155550100", kind: long-code}\n'
    engine.write(SENDERS_FILE, number)
    assert warnings(engine) == [("provider.sender-held", "acme/sender/support", 2)]
    engine.write(SENDERS_FILE, f"{number}  pool: {{messaging_service: MG0123456789abcdef0123456789abcdef}}\n")
    assert warnings(engine) == []
    engine.run("apply", "--yes")
    engine.write(SENDERS_FILE, number)
    assert warnings(engine) == [("provider.sender-left-behind", "acme/workspace", 1)]
