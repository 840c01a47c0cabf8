"""Messages a second, from the queue to the record: against bare loops over the same HTTP call."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import NUMBER, SID, TOKEN, House, provider

MESSAGES = 15_000
FEW = 50
"""Messages of the synchronous client's loop, which takes a tenth of a second for each."""
LATENCY = 0.1

AIOHTTP = """\
import asyncio
import base64
import sys
from urllib.parse import urlencode

import aiohttp

url, sid, token, number, count = sys.argv[1:]
target = f"{url}/2010-04-01/Accounts/{sid}/Messages.json"
headers = {
    "Authorization": "Basic " + base64.b64encode(f"{sid}:{token}".encode()).decode(),
    "Content-Type": "application/x-www-form-urlencoded",
}
text = "Hi Ada, your order A-1 from Acme Coffee is ready in Oakland. You have 5 points: https://go.acme.example/123456789a"
bodies = [urlencode({"To": "+14155550123", "From": number, "Body": f"{text} {n}"}).encode() for n in range(int(count))]


async def main():
    waiting = iter(bodies)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=500), headers=headers) as session:

        async def work():
            for body in waiting:
                async with session.post(target, data=body) as response:
                    assert response.status == 201
                    await response.read()

        await asyncio.gather(*(work() for _ in range(500)))


asyncio.run(main())
"""

OFFICIAL = """\
import sys
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

url, sid, token, number, count = sys.argv[1:]


class Local(TwilioHttpClient):
    def request(self, method, uri, *args, **kwargs):
        return super().request(method, url + urlsplit(uri).path, *args, **kwargs)


client = Client(sid, token, http_client=Local())
for n in range(int(count)):
    client.messages.create(to="+14155550123", from_=number, body=f"Hi Ada, your order A-{n} is ready in Oakland")
"""


@dataclass(frozen=True)
class Rates:
    """Messages a second, the median of the runs of each."""

    engine: float
    aiohttp: float
    official: float


def measure(runs: int = 3) -> Rates:
    """Runs all three in turns. A rate counts from the first message that came in at the provider to its last answer;
    Engine's run must also end with every message accepted, and every state kept."""
    found: dict[str, list[float]] = {"engine": [], "aiohttp": [], "official": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        house = House(folder / "house")
        house.write("http://127.0.0.1:9", rate="1000000/s")
        house.people(MESSAGES)
        for run in range(runs + 1):
            rates = {
                "engine": _engine(house, folder / "run"),
                "aiohttp": _peer(AIOHTTP, MESSAGES),
                "official": _peer(OFFICIAL, FEW),
            }
            if run:  # the first one warms the disk's caches
                for which, rate in rates.items():
                    found[which].append(rate)
    return Rates(**{which: statistics.median(rates) for which, rates in found.items()})


def _engine(template: House, folder: Path) -> float:
    house = template.copy(folder)
    try:
        with provider(LATENCY) as server:
            house.write(server.url, rate="1000000/s")
            house.engine("send", "ready", "--workspace", "acme", "--everyone")
            said = house.engine("run", "--drain")
            seen = server.seen()
        if seen["count"] != MESSAGES or said.strip() != f"{MESSAGES} accepted":
            raise RuntimeError(f"{seen['count']} came in; run said {said!r}")
        return _rate(seen)
    finally:
        shutil.rmtree(folder)


def _peer(script: str, count: int) -> float:
    with provider(LATENCY) as server:
        words: Sequence[str] = (sys.executable, "-c", script, server.url, SID, TOKEN, NUMBER, str(count))
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        seen = server.seen()
    if seen["count"] != count:
        raise RuntimeError(f"{seen['count']} of {count} came in")
    return _rate(seen)


def _rate(seen: dict[str, float]) -> float:
    return seen["answered"] / (seen["last"] - seen["first"])


if __name__ == "__main__":
    rates = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(f"Engine {rates.engine:.0f}/s, aiohttp {rates.aiohttp:.0f}/s, official client {rates.official:.1f}/s")
    print(f"ratios: {rates.engine / rates.aiohttp:.2f} and {rates.engine / rates.official:.0f}")
