"""Memory of `engine run` and its helper with a million messages queued: against ten thousand."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import House, provider

MANY = 1_000_000
FEW = 10_000
SECONDS = 15


@dataclass(frozen=True)
class Peaks:
    """Peak resident memory, in bytes. What the two processes share counts twice."""

    many: int
    few: int


def measure(many: int = MANY) -> Peaks:
    """Lets the loop run for some seconds over each queue, at full speed, and ends it with SIGTERM."""
    return Peaks(many=_peak(many), few=_peak(FEW))


def _peak(people: int) -> int:
    with tempfile.TemporaryDirectory() as name, provider(0.1) as server:
        house = House(Path(name))
        house.write(server.url, rate="500/s")
        house.people(people)
        house.engine("send", "ready", "--workspace", "acme", "--everyone")
        process = house.start("run").process
        time.sleep(SECONDS)
        helpers = sum(_peak_so_far(int(pid)) for pid in _children(process.pid))
        process.send_signal(signal.SIGTERM)
        # communicate() would wait for the process too, and drop its memory: what it prints fits into the pipes.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.communicate()
        if process.returncode or not server.seen()["count"]:
            raise RuntimeError(f"run ended with {process.returncode}")
        return used.ru_maxrss * 1024 + helpers


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def _peak_so_far(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    peaks = measure()
    print(f"{peaks.many / 2**20:.0f} MiB, {peaks.few / 2**20:.0f} MiB: ratio {peaks.many / peaks.few:.2f}")
