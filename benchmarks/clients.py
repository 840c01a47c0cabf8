"""Clients of a web server, many connections at once, and the server in a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import uvloop

from benchmarks.house import VARIABLES

T = TypeVar("T")


@contextmanager
def listening(command: Sequence[str], folder: Path) -> Iterator[int]:
    """Runs a server that says first where it listens, gives its port, and stops it as an operator does."""
    log = folder / "server.log"
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(command, cwd=folder, env=VARIABLES, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            while "\n" not in (said := log.read_text(encoding="utf-8")):
                if process.poll() is not None:
                    raise RuntimeError(f"the server ended: {said}")
                time.sleep(0.01)
            yield int(said.partition("\n")[0].rpartition(":")[2])
            process.terminate()
            process.wait(60)
        finally:
            process.kill()


def run_clients(work: Coroutine[Any, Any, T]) -> T:
    """Runs clients to their end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def answers_a_second(
    port: int, requests: Sequence[bytes], status: int, *, connections: int, restless: bool = False
) -> float:
    """Makes every request, as many at a time as there are connections; gives answers a second. A client that sleeps
    while the server works must be woken by it, which costs the server more than all the rest: a restless one does not.

    Raises RuntimeError for another status.
    """
    return run_clients(_all_at_once(port, requests, status, connections, restless))


async def _all_at_once(port: int, requests: Sequence[bytes], status: int, connections: int, restless: bool) -> float:
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    clients: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    if restless:
        loop.call_soon(_look_again, loop)
    began = time.perf_counter()
    for done in clients:
        await loop.create_connection(partial(Client, waiting, status, done), "127.0.0.1", port)
    await asyncio.gather(*clients)
    return len(requests) / (time.perf_counter() - began)


def _look_again(loop: asyncio.AbstractEventLoop) -> None:
    loop.call_soon(_look_again, loop)


class Client(asyncio.Protocol):
    """One connection: a request, its answer without a body, the next request."""

    def __init__(self, waiting: Iterator[bytes], status: int, done: asyncio.Future[None]) -> None:
        self._waiting = waiting
        self._begin = b"HTTP/1.1 %d " % status
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's
        self._next()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        if not self._buffer.endswith(b"\r\n\r\n"):
            return
        if not self._buffer.startswith(self._begin):
            self._done.set_exception(RuntimeError(f"not {self._begin!r}: {self._buffer!r}"))
            return
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if not self._done.done():
            self._done.set_exception(exc or RuntimeError("the server closed the connection"))

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._waiting, None)
        if request is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()
