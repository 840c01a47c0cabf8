"""A machine's clock that jumps by an hour or a day, forwards and back, while messages flow."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from quiet_hands import quiet_hands
from twilio_shop import TwilioShop

from engine.delivery.live import Live
from engine.delivery.loop import SendLoop
from engine.plugins import load
from engine.state.sqlite import SqliteStore
from engine.testing.context import plugin_context
from engine.testing.twilio_emulator import Fault

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUMPS = [HOUR, -HOUR, DAY, -DAY, timedelta(0), DAY, HOUR, timedelta(0)]


class JumpingClock:
    """The real time, and how wrong it is."""

    def __init__(self) -> None:
        self.wrong = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.wrong


def run(shop: TwilioShop, clock: JumpingClock, jumps: list[timedelta]) -> None:
    """Runs a loop in this process; jumps as told, and then drains."""
    plugins = load(["sandbox", "twilio", "phonenumbers", "shortlinks", "mms"])
    with closing(SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)) as store:

        async def main() -> None:
            hands = quiet_hands(store, plugins, clock, f"here:{os.getpid()}:{len(jumps)}")
            context = plugin_context(
                shop.folder / "state", clock=clock, secrets={"TWILIO_AUTH_TOKEN": "emulator-auth-token"}
            )
            loop = SendLoop(hands, Live(store, plugins, lambda _name: context))
            running = asyncio.ensure_future(loop.run(drain=not jumps))
            for jump in jumps:
                await asyncio.sleep(0.7)
                clock.wrong = jump
            if jumps:
                await asyncio.sleep(1)
                loop.stop()
            await running

        asyncio.run(main())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(3))
def test_nothing_goes_twice_or_is_lost_while_the_clock_jumps(twilio: TwilioShop, seed: int) -> None:
    faults = [
        (0.05, Fault.dropped(accepted=True)),
        (0.05, Fault.server_error(accepted=False)),
        (0.05, Fault.rate_limited("1")),
    ]
    twilio.emulator.chance(faults, seed=seed)
    twilio.write_twilio(rate="30/s", look_ups="[1s, 2s, 2s]")
    twilio.people({str(n): f"+1{(206, 212)[n // 100]}55501{n % 100:02d}" for n in range(200)})
    twilio.engine("send", "welcome", "-w", "acme", "--everyone")
    clock = JumpingClock()
    run(twilio, clock, JUMPS)
    # Retries put off by a clock that was a day ahead are due by then; some are past their four hours.
    clock.wrong = 2 * DAY
    run(twilio, clock, [])
    twilio.check(unaccepted={"held", "expired"})
    assert len(twilio.messages()) == 200
