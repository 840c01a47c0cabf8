"""A shop that sends through Twilio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from twilio_shop import TwilioShop

from engine.testing.twilio_emulator import emulator_process


@pytest.fixture
def twilio(tmp_path: Path) -> Iterator[TwilioShop]:
    """A shop on Twilio, applied, with short leases and look-ups."""
    with emulator_process("--state", str(tmp_path / "emulator.jsonl")) as emulator:
        made = TwilioShop(tmp_path, emulator=emulator)
        made.write_twilio()
        yield made
