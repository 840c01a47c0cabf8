"""Texts that say STOP while a broadcast to their numbers is on its way."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import phonenumbers
import pytest
from shop import Shop

from engine.config.snapshot import restore
from engine.inbound.line import Line
from engine.inbound.receive import receive
from engine.state.sqlite import SqliteStore
from engine.types import InboundMessage, Person

PEOPLE = 10_000
STOPS = 200
WORDS = ("STOP", "Stop. Thank you", "please stop texting me", "sotp", "take me off your list")


def numbers() -> list[str]:
    """Numbers that are kept free for fiction, in as many areas as there need be."""
    areas = [area for area in range(201, 990) if _region(f"+1{area}5550100") in ("US", "CA")]
    every = [f"+1{area}55501{last:02}" for area in areas for last in range(100)]
    return every[:PEOPLE]


def _region(number: str) -> str | None:
    region: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return region


def went(state: Path, number: str) -> list[str]:
    """Gives the templates of the messages that were let go to a number."""
    with sqlite3.connect(state) as conn:
        rows = conn.execute(
            """SELECT s.template FROM frozen f JOIN messages m ON m.seq = f.message JOIN sends s ON s.id = m.send
            WHERE f.number = ? AND m.went > 0 ORDER BY m.seq""",
            (number,),
        ).fetchall()
    conn.close()
    return [template for (template,) in rows]


@pytest.mark.slow
def test_after_a_stop_nothing_but_its_confirmation_goes(shop: Shop) -> None:
    shop.write(lease="30s")
    shop.engine("apply", "--yes")
    store = SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)
    everyone = numbers()
    assert len(everyone) == PEOPLE
    people = [Person("acme", f"p{n:05}", number, {"phone": number}) for n, number in enumerate(everyone)]
    store.upsert_people(people, at=datetime.now(UTC))
    release = store.live_release()
    assert release is not None
    line = Line("acme", restore(release.objects).workspaces["acme"], release.id, provider_answers=False)
    shop.engine("send", "welcome", "-w", "acme", "--everyone")
    running = subprocess.Popen([sys.executable, "-m", "engine", "run", "--drain"], cwd=shop.folder)
    state = shop.folder / "state/engine.db"
    before: dict[str, list[str]] = {}
    try:
        for n in range(STOPS):
            number = everyone[n * PEOPLE // STOPS]
            text = InboundMessage(f"SM{n}", number, "67076", WORDS[n % len(WORDS)])
            receive(store, line, text, now=datetime.now(UTC))
            before[number] = went(state, number)
        assert running.wait(timeout=240) == 0
    finally:
        running.kill()
        running.wait()
        store.close()
    raced = [number for number, sent in before.items() if not sent]
    assert raced, "the broadcast was over before the first STOP: nothing was shown"
    for number, sent in before.items():
        after = went(state, number)
        assert sorted(after) == sorted([*(t for t in sent if t != "engine/stopped"), "engine/stopped"])
