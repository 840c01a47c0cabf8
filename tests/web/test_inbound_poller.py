"""Texts that no webhook brought."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from webhook_shop import OURS, PHONE, WebhookShop

from engine.config.load import load_engine
from engine.delivery.live import Live
from engine.state.sqlite import SqliteStore
from engine.testing.context import ManualClock, plugin_context
from engine.testing.twilio_emulator import Fault, RemoteEmulator, TwilioEmulator
from engine.types import InboundMessage
from engine.web.inbound_poller import GRACE, InboundPoller, InboundPolls
from engine.web.intake import Intake

OTHER = "+14155550124"
MINUTE = timedelta(minutes=1)
ALWAYS = InboundPolls(timedelta(0), timedelta(0))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def emulator(clock: ManualClock) -> Iterator[RemoteEmulator]:
    with TwilioEmulator(now=lambda: clock().timestamp()) as emulator:
        yield RemoteEmulator(emulator.url)


def written(tmp_path: Path, emulator: RemoteEmulator, public_url: str = "https://engine.example") -> WebhookShop:
    shop = WebhookShop(tmp_path, public_url=public_url, api_url=emulator.url)
    shop.write_answering()
    return shop


@dataclass(frozen=True)
class Desk:
    """Where texts come in, and who asks for them."""

    intake: Intake
    store: SqliteStore
    poller: InboundPoller

    def known(self, *sids: str) -> list[bool]:
        return [self.store.reply_to("acme", sid) is not None for sid in sids]


def polled(shop: WebhookShop, clock: ManualClock, use: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    """Uses a poller that has been asked for texts once, when there were none."""

    async def main() -> None:
        plugins = load_engine(shop.folder / "config", environment=None, variables=shop.variables).plugins
        store = shop.open()
        live = Live(store, plugins, lambda _: plugin_context(shop.folder, clock=clock, secrets=shop.variables))
        live.refresh()
        intake = Intake(store, plugins, live, clock, "test")
        intake.start()
        desk = Desk(intake, store, InboundPoller(intake, store, clock, ALWAYS))
        try:
            await desk.poller.poll()
            await use(desk)
        finally:
            intake.close()
            for provider in live.providers():
                await provider.close()
            store.close()

    asyncio.run(main())


def test_catches_what_a_webhook_missed_once(tmp_path: Path, emulator: RemoteEmulator, clock: ManualClock) -> None:
    shop = written(tmp_path, emulator)
    early = emulator.text(PHONE, OURS, "before Engine was there")
    clock.advance(MINUTE)

    async def use(desk: Desk) -> None:
        clock.advance(10 * MINUTE)
        missed, brought = emulator.text(PHONE, OURS, "join"), emulator.text(OTHER, OURS, "join")
        await desk.intake.call("acme", [InboundMessage(brought, OTHER, OURS, "join")])
        clock.advance(2 * GRACE)
        for _ in range(2):
            await desk.poller.poll()
        assert desk.known(early, missed, brought) == [False, True, True]
        assert sum(desk.store.count_states().values()) == 2, "each is answered once"

    polled(shop, clock, use)


def test_leaves_a_new_text_to_its_webhook(tmp_path: Path, emulator: RemoteEmulator, clock: ManualClock) -> None:
    shop = written(tmp_path, emulator)

    async def use(desk: Desk) -> None:
        clock.advance(10 * MINUTE)
        fresh = emulator.text(PHONE, OURS, "join")
        await desk.poller.poll()
        assert desk.known(fresh) == [False]
        clock.advance(GRACE)
        await desk.poller.poll()
        assert desk.known(fresh) == [True]

    polled(shop, clock, use)


def test_is_the_way_in_where_nobody_calls(tmp_path: Path, emulator: RemoteEmulator, clock: ManualClock) -> None:
    shop = written(tmp_path, emulator, public_url="")

    async def use(desk: Desk) -> None:
        clock.advance(MINUTE)
        text = emulator.text(PHONE, OURS, "join")
        await desk.poller.poll()
        assert desk.known(text) == [True]

    polled(shop, clock, use)


def test_asks_again_about_what_could_not_be_asked(tmp_path: Path, emulator: RemoteEmulator, clock: ManualClock) -> None:
    shop = written(tmp_path, emulator)

    async def use(desk: Desk) -> None:
        clock.advance(10 * MINUTE)
        missed = emulator.text(PHONE, OURS, "join")
        clock.advance(2 * GRACE)
        emulator.script(Fault.server_error(accepted=False, on="list"))
        await desk.poller.poll()
        assert desk.known(missed) == [False]
        await desk.poller.poll()
        assert desk.known(missed) == [True]

    polled(shop, clock, use)
