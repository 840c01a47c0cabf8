"""Queueing a message for each of a million people: against the one INSERT … SELECT that writes the same rows."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.house import House

PEOPLE = 1_000_000

# What a queue needs, whoever keeps it: who, in which lane, in which state, since when; and to be found by that.
PEER = """
CREATE TABLE queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, send INTEGER NOT NULL, family INTEGER NOT NULL, keyed INTEGER NOT NULL,
    workspace TEXT NOT NULL, person TEXT, number TEXT, lane INTEGER NOT NULL, rank INTEGER NOT NULL,
    state TEXT NOT NULL, due_at INTEGER NOT NULL
);
"""
INSERT = """
INSERT INTO queue (send, family, keyed, workspace, person, number, lane, rank, state, due_at)
SELECT 1, 1, 0, 'acme', id, NULL, 1, 1, 'queued', 1772366400000000 FROM people WHERE workspace = 'acme' ORDER BY id
"""


@dataclass(frozen=True)
class Seconds:
    """Medians of the runs of each."""

    engine: float
    insert: float


def measure(runs: int = 3, people: int = PEOPLE) -> Seconds:
    """Runs `engine send --everyone`, process start and all, and the bare statement, in turns on copies of one state."""
    engine, insert = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        house = House(folder / "house")
        house.write("http://127.0.0.1:9", rate="1000000/s")
        house.people(people)
        for _ in range(runs):
            engine.append(_engine(house, folder / "run"))
            insert.append(_insert(house, folder / "run"))
    return Seconds(statistics.median(engine), statistics.median(insert))


def _engine(template: House, folder: Path) -> float:
    house = template.copy(folder)
    try:
        began = time.perf_counter()
        house.engine("send", "ready", "--workspace", "acme", "--everyone")
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def _insert(template: House, folder: Path) -> float:
    house = template.copy(folder)
    conn = sqlite3.connect(house.folder / "state/engine.db", isolation_level=None)
    try:
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute(PEER)
        began = time.perf_counter()
        conn.execute(INSERT)
        return time.perf_counter() - began
    finally:
        conn.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    seconds = measure()
    print(f"Engine {seconds.engine:.2f} s, INSERT {seconds.insert:.2f} s: ratio {seconds.engine / seconds.insert:.2f}")
