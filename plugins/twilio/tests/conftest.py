from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_twilio.provider import Twilio

from engine import OutboundMessage, Sender, SenderKind
from engine.testing.context import ManualClock, plugin_context
from engine.testing.twilio_emulator import Account, TwilioEmulator

NUMBER = Sender("support", SenderKind.LONG_CODE, "+14155550100", mms=True)


@pytest.fixture
def a_message() -> Callable[..., OutboundMessage]:
    """Makes messages, each number's like no other's; changes replace fields. `sender` may be a kind and a value."""

    def make(number: int = 1, *, sender: tuple[SenderKind, str] | None = None, **changes: Any) -> OutboundMessage:
        plain = OutboundMessage(f"m{number}", "acme", 1, f"+141555501{number:02}", NUMBER, f"Hello {number}")
        if sender is not None:
            changes["sender"] = Sender("other", *sender, mms=True)
        return replace(plain, **changes)

    return make


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def emulator(account: Account, clock: ManualClock) -> Iterator[TwilioEmulator]:
    with TwilioEmulator(account, now=lambda: clock().timestamp()) as emulator:
        yield emulator


@pytest.fixture
def twilio(emulator: TwilioEmulator, clock: ManualClock, tmp_path: Path) -> Callable[..., Twilio]:
    """Builds the provider against the emulator; further options replace the usual ones."""

    def build(**options: Any) -> Twilio:
        usual = {"account_sid": emulator.account.sid, "auth_token": "${TOKEN}", "api_url": emulator.url}
        secrets = {
            "TOKEN": emulator.account.auth_token,
            "SECRET": next(iter(emulator.account.api_keys.values())),
            "WRONG": "wrong",
        }
        return Twilio(
            Twilio.options_model.model_validate(usual | options), plugin_context(tmp_path, clock=clock, secrets=secrets)
        )

    return build
