"""No message leaves before its commit is on disk."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
from phones import phone
from quiet_hands import quiet_hands
from twilio_shop import TwilioShop

from engine.delivery.live import Live
from engine.delivery.loop import SendLoop
from engine.errors import StateUnavailable
from engine.plugins import load
from engine.state.sqlite import SqliteStore
from engine.testing.context import plugin_context


class SlowDisk(SqliteStore):
    """A state whose disk lets those who wait for it go when it is told to, or fails."""

    wants = threading.Event()
    may = threading.Event()
    fails = False

    def sync(self) -> None:
        """Waits."""
        self.wants.set()
        assert self.may.wait(60)
        if self.fails:
            raise StateUnavailable("the disk failed")
        super().sync()


@pytest.fixture
def disk() -> type[SlowDisk]:
    """A disk of a test's own."""

    class Disk(SlowDisk):
        wants, may = threading.Event(), threading.Event()

    return Disk


async def run(shop: TwilioShop, store: SqliteStore) -> None:
    plugins = load(["sandbox", "twilio", "phonenumbers", "shortlinks", "mms"])
    context = plugin_context(shop.folder / "state", secrets={"TWILIO_AUTH_TOKEN": "emulator-auth-token"})
    hands = quiet_hands(store, plugins, lambda: datetime.now(UTC), f"here:{os.getpid()}:sync")
    await SendLoop(hands, Live(store, plugins, lambda _name: context)).run(drain=True)


def test_the_call_waits_for_the_disk(twilio: TwilioShop, disk: type[SlowDisk]) -> None:
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    with closing(disk.open("sqlite:///state/engine.db", folder=twilio.folder)) as store:
        thread = threading.Thread(target=lambda: asyncio.run(run(twilio, store)))
        thread.start()
        assert disk.wants.wait(60)
        assert twilio.states() == {"sending": 1}
        time.sleep(0.5)
        assert twilio.emulator.accepted_by_to() == {}
        disk.may.set()
        thread.join()
    twilio.check(unaccepted=set())


def test_a_disk_that_fails_ends_the_run_and_nothing_has_left(twilio: TwilioShop, disk: type[SlowDisk]) -> None:
    twilio.engine("send", "welcome", "-w", "acme", "--to", phone(1))
    disk.fails = True
    disk.may.set()
    with (
        closing(disk.open("sqlite:///state/engine.db", folder=twilio.folder)) as store,
        pytest.raises(StateUnavailable, match="the disk failed"),
    ):
        asyncio.run(run(twilio, store))
    assert twilio.emulator.accepted_by_to() == {}
    twilio.engine("run", "--drain")
    twilio.check(unaccepted={"held"})
    assert twilio.states() == {"held": 1}
