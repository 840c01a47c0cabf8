"""Short links a second: `engine serve`, every click kept, against the same server that answers an empty 204."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.clients import answers_a_second, listening
from benchmarks.house import House, provider
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
            with listening([ENGINE, "serve", "--port", "0"], house.folder) as port:
                first = _rate(port, shorts, 302)
            with listening([sys.executable, "-c", BARE], house.folder) as port:
                second = _rate(port, shorts, 204)
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


def _rate(port: int, shorts: Sequence[str], status: int) -> float:
    requests = [
        REQUEST.format(path=parts.path, host=parts.netloc).encode()
        for parts in map(urlsplit, islice(cycle(shorts), REQUESTS))
    ]
    return answers_a_second(port, requests, status, connections=CONNECTIONS)


if __name__ == "__main__":
    rates = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(f"Engine {rates.engine:.0f}/s, an empty 204 {rates.bare:.0f}/s: {rates.ratio:.2f}")
