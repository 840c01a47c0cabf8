"""engine people: the audience, through the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from cli.conftest import Engine

ACME = ("--workspace", "acme")
NAMESPACE = ("unshare", "--mount", "--map-root-user")
CSV = "id,phone,first_name\nada,(415) 555-2671,Ada\nbob,12,Bob\ncy,,Cy\ndan,020 7183 8750,Dan\n"


def load(engine: Engine, content: str = CSV, *words: str, code: int = 0, name: str = "people.csv") -> Any:
    engine.write(name, content)
    return engine.json("people", "import", name, *ACME, *words, code=code)


def export(engine: Engine, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in engine.run("people", "export", *ACME, *words).splitlines()]


def test_import_prints_what_came_of_each_record(engine: Engine) -> None:
    document = load(engine, code=8)
    assert document["version"] == 1
    assert (document["imported"], document["updated"]) == (2, 0)
    assert [(row["row"], row["field"]) for row in document["rejected"]] == [(2, "phone"), (4, "phone")]
    assert {tuple(sorted(row)) for row in document["rejected"]} == {("code", "field", "message", "row")}
    assert load(engine, "id\nada\neve\n") == {"version": 1, "imported": 1, "updated": 1, "rejected": []}


def test_import_in_words_names_the_first_bad_rows(engine: Engine) -> None:
    engine.write("people.csv", "id,phone\n" + "".join(f"p{n},12\n" for n in range(30)))
    printed = engine.run("people", "import", "people.csv", *ACME, code=8).splitlines()
    assert printed[0] == "imported 0, updated 0, rejected 30"
    assert len(printed) == 22
    assert "number.too-short" in printed[1]


def test_import_reads_the_standard_input(engine: Engine) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "engine", "people", "import", "-", *ACME, "--format", "json"],
        input='{"id": "ada"}\n{"id": "bob"}\n',
        cwd=engine.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(process.stdout)["imported"] == 2
    assert process.stderr == ""


def test_import_takes_a_file_for_what_it_is_told_to(engine: Engine) -> None:
    assert load(engine, '{"id": "ada"}', "--as", "ndjson", name="people.csv")["imported"] == 1


@pytest.mark.parametrize(
    ("words", "content"),
    [
        pytest.param(("missing.csv", *ACME), "", id="no such file"),
        pytest.param((".", *ACME), "", id="a folder"),
        pytest.param(("people.csv", "--workspace", "acne"), CSV, id="no such workspace"),
        pytest.param(("people.csv",), CSV, id="no workspace"),
        pytest.param(("people.csv", *ACME, "--consent", " "), CSV, id="an empty consent"),
        pytest.param(("people.csv", *ACME, "--as", "xml"), CSV, id="an unheard-of format"),
        pytest.param(("people.csv", *ACME), "", id="an empty file"),
        pytest.param(("people.csv", *ACME), "name\nAda\n", id="no id column"),
    ],
)
def test_import_of_nothing_usable_is_wrong_usage(engine: Engine, words: tuple[str, ...], content: str) -> None:
    engine.write("people.csv", content)
    assert engine.refused("people", "import", *words, code=64)


def test_import_of_another_encoding_says_where_and_what_to_do(engine: Engine) -> None:
    (engine.folder / "people.csv").write_bytes("id,name\nada,Ada\nren,René\n".encode("latin-1"))
    told = engine.refused("people", "import", "people.csv", *ACME, code=64)
    assert "line 3: byte 24" in told
    assert "iconv" in told


def test_import_needs_a_valid_config_but_no_release(engine: Engine) -> None:
    load(engine, "id\nada\n")
    engine.change("config/workspaces/acme/workspace.yaml", "name: Acme Coffee", "nmae: Acme Coffee")
    engine.refused("people", "import", "people.csv", *ACME, code=3)


def test_a_mistyped_workspace_is_guessed(engine: Engine) -> None:
    for command in ("list", "export"):
        assert "did you mean 'acme'" in engine.refused("people", command, "--workspace", "acne", code=64)


def test_export_gives_what_came_in(engine: Engine) -> None:
    load(engine, code=8)
    load(engine, '[{"id": 7, "phone": "+442079460123", "deep": {"a": [1, null]}}]', "--consent", "form", name="p.json")
    seven = {"phone": "+442079460123", "deep": {"a": [1, None]}}
    ada = {"phone": "(415) 555-2671", "first_name": "Ada"}
    assert export(engine) == [
        {"id": "7", "phone": "+442079460123", "attributes": seven, "consent": "subscribed"},
        {"id": "ada", "phone": "+14155552671", "attributes": ada, "consent": "unknown"},
        {"id": "cy", "phone": None, "attributes": {"first_name": "Cy"}, "consent": "unknown"},
    ]
    assert engine.json("people", "export", *ACME)["people"] == export(engine)


def test_what_was_exported_can_be_imported(engine: Engine) -> None:
    load(engine, code=8)
    before = export(engine)
    engine.write("again.ndjson", engine.run("people", "export", *ACME))
    assert engine.json("people", "import", "again.ndjson", *ACME)["updated"] == 2
    assert [row["phone"] for row in export(engine)] == [row["phone"] for row in before]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("https://evil.example","x")']


def test_export_for_spreadsheets_runs_nothing(engine: Engine) -> None:
    people = [{"id": formula.strip(), "note": formula, formula: "x", "phone": "+14155550101"} for formula in FORMULAS]
    load(engine, json.dumps(people), name="people.json")
    rows = list(csv.reader(io.StringIO(engine.run("people", "export", *ACME, "--format", "csv"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\0"))] == []
    assert "'=1+1" in cells
    assert "'+14155550101" in cells


def test_export_for_spreadsheets_comes_back_in(engine: Engine) -> None:
    load(engine, 'id,phone,note\nada,4155550101,"=1, ""2""\nx"\nbob,,\n')
    engine.write("again.csv", engine.run("people", "export", *ACME, "--format", "csv"))
    assert engine.json("people", "import", "again.csv", *ACME)["updated"] == 2
    (ada, bob) = export(engine)
    assert (ada["phone"], ada["attributes"]["note"]) == ("+14155550101", '=1, "2"\nx')
    assert bob["phone"] is None


def test_list_shows_the_first_and_says_how_many_there_are(engine: Engine) -> None:
    load(engine, "id\n" + "".join(f"p{n:03}\n" for n in range(60)))
    done = engine.call("people", "list", *ACME)
    assert len(done.stdout.splitlines()) == 51
    assert "50 of 60" in done.stderr
    assert [row["id"] for row in engine.json("people", "list", *ACME, "--limit", "2")["people"]] == ["p000", "p001"]
    after = engine.json("people", "list", *ACME, "--after", "p057")["people"]
    assert [row["id"] for row in after] == ["p058", "p059"]


def test_nobody_is_listed_before_the_first_import(engine: Engine) -> None:
    assert engine.json("people", "list", *ACME) == {"version": 1, "people": []}
    assert engine.run("people", "export", *ACME) == ""
    assert not (engine.folder / "state").exists(), "looking leaves nothing behind"


def test_show_tells_of_one(engine: Engine) -> None:
    load(engine, code=8)
    person = engine.json("people", "show", "ada", *ACME)["person"]
    assert person == export(engine)[0]
    assert "(415) 555-2671" in engine.run("people", "show", "ada", *ACME)
    engine.refused("people", "show", "nobody", *ACME, code=64)


def test_erase_forgets_and_asks_only_a_person(engine: Engine) -> None:
    load(engine, code=8)
    engine.run("consent", "stop", "415 555 2671", *ACME)
    engine.refused("people", "erase", "ada", *ACME, code=64)
    engine.refused("people", "erase", "ada", "nobody", *ACME, "--yes", code=64)
    assert [row["id"] for row in export(engine)] == ["ada", "cy"], "all of them or none"
    assert engine.json("people", "erase", "ada", *ACME, "--yes")["erased"] == ["ada"]
    assert [row["id"] for row in export(engine)] == ["cy"]
    assert engine.json("consent", "show", "415 555 2671", *ACME)["state"] == "stopped"


def test_people_outlive_their_workspace(engine: Engine) -> None:
    load(engine, "id\nada\n")
    shutil.move(engine.folder / "config/workspaces/acme", engine.folder / "config/workspaces/brew")
    assert [row["id"] for row in export(engine)] == ["ada"]
    engine.run("people", "erase", "ada", *ACME, "--yes")
    engine.refused("people", "export", *ACME, code=64)


def test_a_bar_is_drawn_on_a_terminal_only(engine: Engine) -> None:
    engine.write("people.csv", "id\n" + "".join(f"p{n}\n" for n in range(3000)))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "people", "import", "people.csv", *ACME, "--format", "json"],
        cwd=engine.folder,
        env={**os.environ, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    out, _ = process.communicate()
    os.close(theirs)
    drawn = os.read(ours, 1 << 16)
    os.close(ours)
    assert json.loads(out)["imported"] == 3000
    assert b"3000 people" in drawn


def _rows(count: int, phone: str, length: int = 1000) -> str:
    return "id,phone,words\n" + "".join(f"p{n},{phone},{'x' * length}\n" for n in range(count))


def _objects(count: int, length: int) -> str:
    words = "x" * length
    return "[" + ",".join(json.dumps({"id": n, "phone": "+14155550101", "words": words}) for n in range(count)) + "]"


MEASURED = """
import atexit
from pathlib import Path
from engine.cli import main

status = Path("/proc/self/status")
atexit.register(lambda: Path("peak").write_text(status.read_text().partition("VmHWM:")[2].split()[0]))
main()
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of one process alone")
@pytest.mark.parametrize("kind", ["csv", "json", "all-rejected"])
def test_memory_does_not_grow_with_the_file(engine: Engine, kind: str) -> None:
    peaks, length = [], 5_000
    for count in (1_000, 8_000):  # one batch, and as much as 40 MB
        name = "people.json" if kind == "json" else "people.csv"
        phone = "4155550101" if kind == "csv" else "12"
        engine.write(name, _objects(count, length) if kind == "json" else _rows(count, phone, length))
        command = [sys.executable, "-c", MEASURED, "people", "import", name, *ACME, "--format", "json"]
        done = subprocess.run(command, cwd=engine.folder, capture_output=True, text=True)
        assert done.returncode == (8 if kind == "all-rejected" else 0), done.stderr
        document = json.loads(done.stdout)
        assert document["imported"] + document["updated"] + len(document["rejected"]) == count
        peaks.append(int((engine.folder / "peak").read_text()))
    assert peaks[1] < 1.4 * peaks[0], peaks


def test_an_import_that_is_killed_can_be_run_again(engine: Engine) -> None:
    engine.write("people.csv", "id,phone\n" + "".join(f"p{n:05},4155550101\n" for n in range(20_000)))
    process = engine.start("people", "import", "people.csv", *ACME)
    while process.poll() is None and not _count(engine.folder):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = _count(engine.folder)
    assert 0 < kept < 20_000
    assert kept % 1000 == 0, "batches are whole"
    document = engine.json("people", "import", "people.csv", *ACME)
    assert (document["imported"], document["updated"]) == (20_000 - kept, kept)


def test_two_imports_at_once_merge(engine: Engine) -> None:
    load(engine, "id\np0\n")
    processes = []
    for name in ("a", "b"):
        engine.write(f"{name}.csv", f"id,{name}\n" + "".join(f"p{n},{n}\n" for n in range(4000)))
        processes.append(engine.start("people", "import", f"{name}.csv", *ACME, "--format", "json"))
    documents = [json.loads(process.communicate()[0]) for process in processes]
    assert sum(document["imported"] for document in documents) == 3999
    assert sum(document["updated"] for document in documents) == 4001
    people = export(engine)
    assert len(people) == 4000
    assert all(row["attributes"] == {"a": row["id"][1:], "b": row["id"][1:]} for row in people)


def _count(folder: Path) -> int:
    store = SqliteStore.open("sqlite:///state/engine.db", folder=folder, read_only=True)
    count = store.count_people("acme")
    store.close()
    return count


def _in_namespace(engine: Engine, mounts: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command where `mounts` holds, if this machine lets us mount."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("needs a mount namespace, which this machine does not give")
    command: Sequence[str] = (sys.executable, "-m", "engine", *words)
    return subprocess.run(
        [*NAMESPACE, "sh", "-c", f'{mounts} && exec "$0" "$@"', *command],
        cwd=engine.folder,
        capture_output=True,
        text=True,
    )


def test_a_full_disk_is_named_and_what_was_told_is_kept(engine: Engine) -> None:
    load(engine, "id\nada\n")
    engine.write("people.csv", _rows(5_000, "4155550101"))
    mounts = "mkdir d && mount -t tmpfs -o size=2m tmpfs d && cp -r state d && mount --bind d/state state"
    done = _in_namespace(engine, mounts, "people", "import", "people.csv", *ACME)
    assert done.returncode == 9, done.stderr
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr
    assert [row["id"] for row in export(engine)] == ["ada"], "the state outside was never touched"


def test_a_state_that_may_not_be_written_is_named(engine: Engine) -> None:
    load(engine, "id\nada\n")
    readonly = "mount --bind state state && mount -o remount,bind,ro state"
    done = _in_namespace(engine, readonly, "people", "import", "people.csv", *ACME)
    assert done.returncode == 9, done.stderr
    assert "Traceback" not in done.stderr
    done = _in_namespace(engine, readonly, "people", "export", *ACME)
    assert (done.returncode, json.loads(done.stdout)["id"]) == (0, "ada"), "it can still be read"
