"""Texts that say STOP while a broadcast to their numbers is on its way."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from phones import phone
from shop import Shop

from engine.config.snapshot import restore
from engine.inbound.line import Line
from engine.inbound.receive import receive
from engine.state.sqlite import SqliteStore
from engine.types import InboundMessage, Person

PEOPLE = 10_000
STOPS = 200
WORDS = ("STOP", "Stop. Thank you", "please stop texting me", "sotp", "take me off your list")


@pytest.mark.slow
def test_after_a_stop_nothing_but_its_confirmation_goes(shop: Shop) -> None:
    shop.write(lease="30s")
    shop.engine("apply", "--yes")
    store = SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)
    everyone = [phone(n) for n in range(PEOPLE)]
    people = [Person("acme", f"p{n:05}", number, {"phone": number}) for n, number in enumerate(everyone)]
    store.upsert_people(people, at=datetime.now(UTC))
    release = store.live_release()
    assert release is not None
    line = Line("acme", restore(release.objects).workspaces["acme"], release.id, provider_answers=False)
    shop.engine("send", "welcome", "-w", "acme", "--everyone")
    running = subprocess.Popen([sys.executable, "-m", "engine", "run", "--drain"], cwd=shop.folder)
    before: dict[str, list[str]] = {}
    try:
        for n in range(STOPS):
            number = everyone[n * PEOPLE // STOPS]
            text = InboundMessage(f"SM{n}", number, "67076", WORDS[n % len(WORDS)])
            receive(store, line, text, now=datetime.now(UTC))
            before[number] = shop.went(number)
        assert running.wait(timeout=240) == 0
    finally:
        running.kill()
        running.wait()
        store.close()
    raced = [number for number, sent in before.items() if not sent]
    assert raced, "the broadcast was over before the first STOP: nothing was shown"
    for number, sent in before.items():
        after = shop.went(number)
        assert sorted(after) == sorted([*(t for t in sent if t != "engine/stopped"), "engine/stopped"])
