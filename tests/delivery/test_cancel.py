"""Ending what runs beside the answers and the sending."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from engine.delivery.hands import cancel


def test_a_task_that_loses_its_cancellation_ends_all_the_same() -> None:
    async def main() -> int:
        lost = 0

        async def stubborn() -> None:
            nonlocal lost
            while True:
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    lost += 1
                    if lost == 2:
                        raise

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        with suppress(TimeoutError):
            await asyncio.wait_for(cancel([task]), 30)
        assert task.done()
        return lost

    assert asyncio.run(main()) == 2
