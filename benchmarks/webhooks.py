"""Webhooks a second: signed texts, each on disk before its answer, against the same server answering an empty 204."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.clients import Client, answers_a_second, listening, run_clients
from benchmarks.house import NUMBER, SID, TOKEN, House, numbers
from benchmarks.measures import Measure
from benchmarks.pairs import ENGINE
from engine.state.sqlite import SqliteStore
from engine.testing.twilio_emulator import signature

TEXTS = 20_000
FIRST = 5_000
"""Texts of each run before those that count: a server that has just started imports what it needs beside its answers.
"""
CONNECTIONS = 512
A_SECOND = 100
SECONDS = 20
TARGET = 0.25
P99_MS = 50
PUBLIC = "https://engine.example"
PATH = "/webhooks/acme/twilio/inbound"
NO_CONTENT = 204
"""How both answer: Engine's reply goes out as a message."""
BARE = """\
import asyncio

import uvloop

from engine.cli.collector import settle_in
from engine.cli.context import utc_now
from engine.cli.logs import AccessLines
from engine.web.log import AccessLog
from engine.web.server import Server, listen


async def application(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
    else:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return


async def main():
    settle_in()
    said = lambda address: print(f"listening on {address}", flush=True)
    logged = AccessLog(application, {}, AccessLines(as_json=False), utc_now)
    await Server(logged, listen("127.0.0.1", 0), said, asyncio.Event()).run_until_stopped()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""
"""The peer: the server that `engine serve` is, with the same settings and the same log of requests. It reads each call
to its end, since that is what it answers, and its answer is an empty 204."""

KEYWORDS = "keywords:\n  join: {words: [JOIN], reply: joined}\n"
JOINED = "---\npurpose: reply\nsender: main\n---\nWelcome to the club\n"


@dataclass(frozen=True)
class Rates:
    """Answers a second, the median of the runs of each, and how long an answer takes at 100 texts a second."""

    engine: float
    bare: float
    p99_ms: float

    @property
    def ratio(self) -> float:
        """Ours over the bare server's."""
        return self.engine / self.bare


def measure(runs: int = 5) -> Rates:
    """Runs both in turns, after one of each that is not counted. Each text must be recorded and answered once at the
    end. Raises RuntimeError where one is not, or an answer is not the one that was expected."""
    ours: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        house = _house(Path(name))
        for run in range(runs + 1):
            requests = _texts(run * (FIRST + TEXTS), FIRST + TEXTS)
            with listening([ENGINE, "serve", "--port", "0"], house.folder) as port:
                first = _rate(port, requests)
            with listening([sys.executable, "-c", BARE], house.folder) as port:
                second = _rate(port, requests)
            if run:
                ours.append(first)
                bare.append(second)
        few = _texts((runs + 1) * (FIRST + TEXTS), A_SECOND * SECONDS)
        with listening([ENGINE, "serve", "--port", "0"], house.folder) as port:
            waited = sorted(run_clients(_in_time(port, few)))
        _check(house, (runs + 1) * (FIRST + TEXTS) + len(few))
    return Rates(statistics.median(ours), statistics.median(bare), waited[len(waited) * 99 // 100] * 1000)


def webhooks(runs: int = 5) -> list[Measure]:
    """Gives the lines of the table."""
    rates = measure(runs)
    made_of = f"`engine serve`, each text and its reply on disk: {rates.engine:.0f}/s; an empty 204: {rates.bare:.0f}/s"
    paced = "`engine serve`, a connection each, from the moment when it is due to its answer"
    return [
        Measure("webhooks answered, against the server alone", made_of, rates.ratio, TARGET, at_least=True),
        Measure(f"99 of 100 webhooks, {A_SECOND} a second", paced, rates.p99_ms, P99_MS, at_least=False, unit=" ms"),
    ]


def _house(folder: Path) -> House:
    house = House(folder)
    house.write("http://127.0.0.1:9", rate="1000000/s")
    engine, here = folder / "config/engine.yaml", folder / "config/workspaces/acme"
    engine.write_text(engine.read_text(encoding="utf-8") + f"public_url: {PUBLIC}\n", encoding="utf-8")
    (here / "keywords.yaml").write_text(KEYWORDS, encoding="utf-8")
    (here / "templates/joined.liquid").write_text(JOINED, encoding="utf-8")
    house.engine("apply", "--yes", "--no-refresh", "--allow", "credentials:engine")
    return house


def _texts(first: int, count: int) -> list[bytes]:
    """Gives signed texts, each from the number after the one before, under SIDs of their own."""
    requests = []
    for place, number in enumerate(numbers(count), start=first):
        sid = f"SM{place:032x}"
        fields = dict.fromkeys(("ToState", "ToCity", "ToZip", "FromZip", "FromCity", "FromState"), "")
        fields |= {
            "ToCountry": "US",
            "FromCountry": "US",
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        fields |= {"SmsMessageSid": sid, "SmsSid": sid, "MessageSid": sid, "AccountSid": SID, "SmsStatus": "received"}
        fields |= {"Body": "Join please", "To": NUMBER, "From": number}
        body = urlencode(fields).encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: engine.example\r\nUser-Agent: TwilioProxy/1.1\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            f"X-Twilio-Signature: {signature(TOKEN, PUBLIC + PATH, fields)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


def _check(house: House, texts: int) -> None:
    store = SqliteStore.open("sqlite:///state/engine.db", folder=house.folder, read_only=True)
    try:
        queued = sum(store.count_states().values())
    finally:
        store.close()
    if queued != texts:
        raise RuntimeError(f"{queued} of {texts} texts were answered")


def _rate(port: int, requests: Sequence[bytes]) -> float:
    answers_a_second(port, requests[:FIRST], NO_CONTENT, connections=CONNECTIONS, restless=True)
    return answers_a_second(port, requests[FIRST:], NO_CONTENT, connections=CONNECTIONS, restless=True)


async def _in_time(port: int, requests: Sequence[bytes]) -> list[float]:
    """Makes every request at its moment, whether those before it are answered or not; gives seconds to each answer."""
    loop = asyncio.get_running_loop()
    began = loop.time() + 0.1

    async def ask(place: int, request: bytes) -> float:
        due = began + place / A_SECOND
        await asyncio.sleep(due - loop.time())
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(partial(Client, iter([request]), NO_CONTENT, done), "127.0.0.1", port)
        await done
        return loop.time() - due

    return await asyncio.gather(*(ask(place, request) for place, request in enumerate(requests)))


if __name__ == "__main__":
    rates = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(
        f"Engine {rates.engine:.0f}/s, an empty 204 {rates.bare:.0f}/s: {rates.ratio:.2f}; "
        f"p99 at {A_SECOND}/s {rates.p99_ms:.1f} ms"
    )
