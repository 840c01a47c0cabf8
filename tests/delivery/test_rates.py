"""Whoever sends, and however many of them: the provider never sees more than the configured rate."""

from __future__ import annotations

from pathlib import Path

import pytest
from phones import phone
from twilio_shop import TwilioShop

WINDOW = 10.0
RATE = 10
MESSAGES = 120


@pytest.mark.parametrize("limited", ["sender", "workspace"])
def test_two_processes_share_a_rate(twilio: TwilioShop, limited: str) -> None:
    if limited == "sender":
        twilio.write_twilio(rate=f"{RATE}/s")
    else:
        workspace = twilio.folder / "config/workspaces/acme/workspace.yaml"
        add_ceiling(workspace)
        twilio.engine("apply", "--yes", "--no-refresh")
    twilio.people({str(n): phone(n) for n in range(MESSAGES)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    processes = [twilio.start("run", "--drain") for _ in range(2)]
    for process in processes:
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, (out, err)
    arrivals = sorted(request["at"] for request in twilio.emulator.requests() if request["method"] == "POST")
    assert len(arrivals) == MESSAGES
    for begin in arrivals:
        assert sum(begin <= at < begin + WINDOW for at in arrivals) <= RATE * WINDOW


def add_ceiling(workspace: Path) -> None:
    """Sets the rate of all senders together."""
    text = workspace.read_text(encoding="utf-8")
    workspace.write_text(text.replace("sending: {", f"sending: {{rate: {RATE}/s, "), encoding="utf-8")
