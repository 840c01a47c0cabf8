"""How much of its rate a paced sender reaches, whether it ever exceeds it, and how soon a message leaves."""

from __future__ import annotations

import signal
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import House, provider

RATE = 100
SECONDS = 30
WINDOW = 10.0
SENDS = 15


@dataclass(frozen=True)
class Paced:
    """`share` of the rate reached; `most` segments in any ten seconds ÷ what the rate allows."""

    share: float
    most: float


def pacing() -> Paced:
    """Runs a sender of 100 segments a second for half a minute; what counts is what arrives at the provider."""
    with tempfile.TemporaryDirectory() as name, provider(0.1) as server:
        house = House(Path(name))
        house.write(server.url, rate=f"{RATE}/s")
        house.people(RATE * SECONDS)
        house.engine("send", "ready", "--workspace", "acme", "--everyone")
        house.engine("run", "--drain")
        arrivals = server.seen(arrivals=True)["arrivals"]
    share = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) / RATE
    most, begin = 0, 0
    for end, at in enumerate(arrivals):
        while at - arrivals[begin] >= WINDOW:
            begin += 1
        most = max(most, end - begin + 1)
    return Paced(share, most / (RATE * WINDOW))


def first_message() -> float:
    """Gives the median of the seconds from the end of `engine send` to its message at the provider, while `run`
    waits. The command's own last moments count too: its transaction is on disk before it prints and ends."""
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as name, provider(0.0) as server:
        house = House(Path(name))
        house.write(server.url, rate="1000000/s")
        house.people(SENDS)
        running = house.start("run").process
        try:
            time.sleep(3)
            for number in range(SENDS):
                sending = house.start("send", "ready", "--workspace", "acme", "--person", f"p{number:07}").process
                assert sending.stdout is not None
                sending.stdout.readline()
                queued = time.monotonic()
                sending.communicate()
                time.sleep(1)
                arrivals = server.seen(arrivals=True)["arrivals"]
                if len(arrivals) != number + 1:
                    raise RuntimeError("the message did not arrive within a second")
                waits.append(max(0.0, arrivals[-1] - queued))
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate()
    return statistics.median(waits)


if __name__ == "__main__":
    paced = pacing()
    print(f"share {paced.share:.3f}, most in ten seconds {paced.most:.3f}")
    print(f"first message after {first_message() * 1000:.0f} ms")
