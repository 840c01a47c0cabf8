"""Short links a second: `engine serve`, every click kept, against the same server that answers an empty 204."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from benchmarks.house import VARIABLES, House, provider
from benchmarks.measures import Measure
from benchmarks.pairs import ENGINE
from engine.state.sqlite import SqliteStore

MESSAGES = 10_000
REQUESTS = 30_000
CONNECTIONS = 64
TARGET = 0.4

BARE = """\
import asyncio

import uvloop

from engine.web.server import Server, listen


async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
    else:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def main():
    said = lambda address: print(f"listening on {address}", flush=True)
    await Server(application, listen("127.0.0.1", 0), said, asyncio.Event()).run_until_stopped()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""

REQUEST = """\
GET {path} HTTP/1.1\r
Host: {host}\r
User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
Version/18.3.1 Mobile/15E148 Safari/604.1\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r
Accept-Language: en-US,en;q=0.9\r
Accept-Encoding: gzip, deflate, br\r
\r
"""


@dataclass(frozen=True)
class Rates:
    """Answers a second, the median of the runs of each."""

    engine: float
    bare: float

    @property
    def ratio(self) -> float:
        """Ours over the bare server's."""
        return self.engine / self.bare


def measure(runs: int = 5) -> Rates:
    """Runs both in turns, after one of each that is not counted. Every click of Engine's must be in its state at the
    end. Raises RuntimeError where one is not, or an answer is not the one that was expected."""
    ours: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        house = House(Path(name))
        shorts = _sent(house)
        for run in range(runs + 1):
            with _listening([ENGINE, "serve", "--port", "0"], house.folder) as port:
                first = _rate(port, shorts, b"302")
            with _listening([sys.executable, "-c", BARE], house.folder) as port:
                second = _rate(port, shorts, b"204")
            kept = sum(
                t["clicks"] + t["bot_clicks"]
                for t in json.loads(house.engine("links", "--format", "json"))["templates"]
            )
            if kept != (run + 1) * REQUESTS:
                raise RuntimeError(f"{kept} clicks of {(run + 1) * REQUESTS} were kept")
            if run:
                ours.append(first)
                bare.append(second)
    return Rates(statistics.median(ours), statistics.median(bare))


def redirects(runs: int = 5) -> Measure:
    """Gives the line of the table."""
    rates = measure(runs)
    return Measure(
        name="short links answered, against the server alone",
        made_of=f"`engine serve`, each click kept: {rates.engine:.0f}/s; the server, an empty 204: {rates.bare:.0f}/s",
        value=rates.ratio,
        target=TARGET,
        at_least=True,
    )


def _sent(house: House) -> list[str]:
    """Sends messages with a link each, and gives the short addresses."""
    with provider(0) as server:
        house.write(server.url, rate="1000000/s")
        house.people(MESSAGES)
        house.engine("send", "ready", "--workspace", "acme", "--everyone")
        house.engine("run", "--drain")
    store = SqliteStore.open("sqlite:///state/engine.db", folder=house.folder, read_only=True)
    try:
        return [link.short for message in store.messages() for link in store.links(message.id)]
    finally:
        store.close()


@contextmanager
def _listening(command: Sequence[str], folder: Path) -> Iterator[int]:
    """Runs a server, gives its port, and stops it as an operator does."""
    with subprocess.Popen(
        command, cwd=folder, env=VARIABLES, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield int(line.rpartition(":")[2])
            process.terminate()
            process.wait(60)
        finally:
            process.kill()


def _rate(port: int, shorts: Sequence[str], status: bytes) -> float:
    requests = [
        REQUEST.format(path=parts.path, host=parts.netloc).encode()
        for parts in map(urlsplit, islice(cycle(shorts), REQUESTS))
    ]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(port, requests, status))


async def _ask(port: int, requests: Sequence[bytes], status: bytes) -> float:
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    clients: list[asyncio.Future[None]] = [loop.create_future() for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for done in clients:
        await loop.create_connection(partial(_Client, waiting, status, done), "127.0.0.1", port)
    await asyncio.gather(*clients)
    return len(requests) / (time.perf_counter() - began)


class _Client(asyncio.Protocol):
    """One connection: a request, its answer without a body, the next request."""

    def __init__(self, waiting: Iterator[bytes], status: bytes, done: asyncio.Future[None]) -> None:
        self._waiting = waiting
        self._begin = b"HTTP/1.1 " + status
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._buffer.endswith(b"\r\n\r\n"):
            return
        if not self._buffer.startswith(self._begin):
            self._done.set_exception(RuntimeError(f"not {self._begin!r}: {self._buffer!r}"))
            return
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
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


if __name__ == "__main__":
    rates = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(f"Engine {rates.engine:.0f}/s, an empty 204 {rates.bare:.0f}/s: {rates.ratio:.2f}")
