"""Group commits: what many callers want written at the same time goes to disk together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Groups(Generic[Row]):
    """Writes rows in the order they come; while one group is being written, the next one gathers."""

    def __init__(self, write: Callable[[Sequence[Row]], None], executor: Executor) -> None:
        self._write = write
        self._executor = executor
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, row: Row) -> None:
        """Returns when the row is written. Raises what writing its group raised."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, written))
        if self._writer is None or self._writer.done():
            self._writer = loop.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await loop.run_in_executor(self._executor, self._write, [row for row, _ in group])
            except Exception as error:  # noqa: BLE001 # each caller gets it
                _finish(group, error)
            except asyncio.CancelledError:
                for _, written in group:
                    written.cancel()
                raise
            else:
                _finish(group, None)


def _finish(group: Sequence[tuple[object, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, written in group:
        if written.done():
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
