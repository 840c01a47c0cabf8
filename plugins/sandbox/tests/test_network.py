"""The network's file, between several connections and processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

from engine_sandbox.network import TO_PHONE, Network, Text

from engine import StateUnavailable

TEXT = Text("SB1", TO_PHONE, "+14155550123", "67076", "short-code", "Hi", (), 1, 1, 1, None, "acme", "msg_1", 1)
ELSEWHERE = """
import sys
from pathlib import Path
from engine_sandbox.network import Network
network = Network.open(Path(sys.argv[1]))
text = network.text("SB1")
network.record([type(text)(**{**{name: getattr(text, name) for name in text.__slots__}, "id": "SB2"})])
network.close()
"""


def test_a_process_keeps_its_locks_when_it_opens_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    writer = Network.open(path)
    writer.record([TEXT])
    reader = Network.open(path, read_only=True)
    assert reader.end() == ("SB1", 1)
    again = Network.open(path)
    # Whoever is the last to close a database deletes its log; here that would be the other process, had we no locks.
    subprocess.run([sys.executable, "-c", ELSEWHERE, str(path)], check=True)
    assert path.with_name("sandbox.db-wal").exists()
    assert reader.end() == ("SB1", 2)
    again.record([replace(TEXT, id="SB3")])
    assert [text.id for text in reader.after(0, 10)] == ["SB1", "SB2", "SB3"]
    for network in (writer, reader, again):
        network.close()


def test_texts_are_paged_by_their_place(tmp_path: Path) -> None:
    network = Network.open(tmp_path / "sandbox.db")
    assert network.end() == ("", 0)
    assert network.recent(5) == ([], False)
    network.record([replace(TEXT, id=f"SB{n}", phone=f"+1415555012{n % 3}") for n in range(1, 10)])
    assert [text.id for text in network.before("+14155550121", 7, 2)] == ["SB1", "SB4"]
    assert [text.position for text in network.after(7, 5)] == [8, 9]
    recent, more = network.recent(2)
    assert ([text.id for text in recent], more) == (["SB9", "SB8"], True)
    network.close()


def test_who_reads_while_a_network_is_made_finds_none_or_a_whole_one(tmp_path: Path) -> None:
    paths = [tmp_path / f"phones-{n}.db" for n in range(100)]
    failed: list[StateUnavailable | sqlite3.Error] = []

    def read() -> None:
        for path in paths:
            while not path.exists():
                pass
            try:
                with closing(Network.open(path, read_only=True)) as network:
                    network.phones()
            except (StateUnavailable, sqlite3.Error) as error:
                failed.append(error)

    reader = Thread(target=read)
    reader.start()
    for path in paths:
        Network.open(path).close()
    reader.join()
    assert failed == []
