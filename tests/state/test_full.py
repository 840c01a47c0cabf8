"""A state that cannot grow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import StateUnavailable
from engine.state.connection import Connection
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import NOW, person

FILL = """
import sys
from pathlib import Path
from engine.errors import StateUnavailable
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import NOW, number, person

store = SqliteStore.open("sqlite:///engine.db", folder=Path(sys.argv[1]))
kept = 0
try:
    while True:
        store.upsert_people([person(f"{kept + n:06}", number(1), words="x" * 100) for n in range(200)], at=NOW)
        kept += 200
except StateUnavailable as error:
    print(error.message)
assert store.count_people("acme") == kept, "nothing of the batch that failed"
store.close()
Path(sys.argv[1], "ballast").unlink()
store = SqliteStore.open("sqlite:///engine.db", folder=Path(sys.argv[1]))
assert store.count_people("acme") == kept > 0
store.upsert_people([person("last")], at=NOW)
store.close()
"""


def test_a_full_disk_loses_nothing_that_was_told(tmp_path: Path) -> None:
    """On a file system of its own that is really full."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = f'mount -t tmpfs -o size=4m tmpfs {mounted} && head -c 2m /dev/zero > {mounted}/ballast && exec "$0" "$@"'
    namespace = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], capture_output=True).returncode:
        pytest.skip("needs a mount namespace, which this machine does not give")
    done = subprocess.run(
        [*namespace, "sh", "-c", command, sys.executable, "-c", FILL, str(mounted)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "full" in done.stdout


def test_a_file_that_may_not_grow_loses_nothing_that_was_told(tmp_path: Path) -> None:
    file = Connection.open(tmp_path / "engine.db", read_only=False)
    store = SqliteStore(file)
    file.row("PRAGMA max_page_count = 100")
    kept = 0

    def fill() -> None:
        nonlocal kept
        while True:
            store.upsert_people([person(f"{kept + n}", words="x" * 200) for n in range(100)], at=NOW)
            kept += 100

    with pytest.raises(StateUnavailable, match="full"):
        fill()
    assert store.count_people("acme") == kept > 0
    file.row("PRAGMA max_page_count = 100000")
    store.upsert_people([person("last")], at=NOW)
    store.close()
