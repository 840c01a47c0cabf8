"""An emulator of Twilio's messaging API: a real HTTP server, for tests of whatever talks to Twilio.

    async with TwilioEmulator() as emulator: ...            in this event loop
    with TwilioEmulator() as emulator: ...                  on a thread of its own
    with emulator_process(state=path) as emulator: ...      in a process of its own, which outlives a killed engine
    python -m engine.testing.twilio_emulator --port 0       the same, by hand

Its replies have the shape of Twilio's OpenAPI description. It refuses what Twilio refuses, with the same codes, and
fails in the ways that networks fail, as told by `Fault`.
"""

from __future__ import annotations

from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.calling import signature
from engine.testing.twilio_emulator.faults import Fault, FaultPlan
from engine.testing.twilio_emulator.ledger import Accepted, Called, Ledger, Seen
from engine.testing.twilio_emulator.process import RemoteEmulator, emulator_process
from engine.testing.twilio_emulator.server import TwilioEmulator

__all__ = [
    "Accepted",
    "Account",
    "Behaviour",
    "Called",
    "Fault",
    "FaultPlan",
    "Ledger",
    "RemoteEmulator",
    "Seen",
    "TwilioEmulator",
    "emulator_process",
    "signature",
]
