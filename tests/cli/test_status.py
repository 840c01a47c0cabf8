from __future__ import annotations

from typing import Any

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"


def test_before_the_first_release(engine: Any) -> None:
    status = engine.json("status")
    assert set(status) == {
        "version",
        "sync",
        "health",
        "release",
        "config",
        "changes",
        "drift",
        "undone",
        "queue",
        "reconcile",
        "senders",
        "pauses",
        "breakers",
        "codes",
        "spent",
        "reviews",
        "webhooks",
        "workers",
    }
    assert (status["release"], status["config"], status["queue"], status["senders"]) == (None, "changed", {}, [])
    assert not (engine.folder / "state").exists()
    assert engine.run("releases") == ""
    assert engine.json("releases") == {"version": 1, "releases": []}


def test_tells_whether_the_config_is_applied(engine: Any) -> None:
    release = engine.json("apply", "--yes")["release"]
    status = engine.json("status", "--exit-code")
    assert (status["release"]["release"], status["config"]) == (release, "applied")
    assert status["changes"] == {"create": 0, "update": 0, "delete": 0}
    engine.change(WELCOME, "Hi ", "Hello ")
    assert engine.json("status")["config"] == "changed"
    assert engine.json("status", "--exit-code", code=2)["changes"] == {"create": 0, "update": 1, "delete": 0}


def test_an_invalid_config_hides_nothing(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "sender: support", "sender: nobody")
    status = engine.json("status")
    assert (status["config"], status["changes"]) == ("invalid", None)
    assert status["release"] is not None
    engine.json("status", "--exit-code", code=3)


def test_counts_what_waits_by_workspace_and_sender(engine: Any) -> None:
    engine.change(WELCOME, "purpose: marketing", "purpose: transactional")
    engine.change(WELCOME, "Hi {{ customer.first_name }}", "Hi")
    engine.run("apply", "--yes")
    assert engine.json("status")["queue"] == {"acme": {}}
    for last in range(3):
        engine.run("send", "club/welcome", "--workspace", "acme", "--to", f"+1415555010{last}")
    status = engine.json("status")
    assert status["queue"] == {"acme": {"queued": 3}}
    assert status["senders"] == [
        {"sender": "acme/sender/support", "value": "+14155550100", "kind": "long-code", "rate": "1/s", "queued": 3}
    ]
    said = engine.run("status")
    assert "3 queued" in said
    assert "acme/sender/support\t+14155550100\t1/s\t3" in said


def test_shows_workers_while_they_live(engine: Any) -> None:
    engine.run("apply", "--yes")
    assert engine.json("status")["workers"] == []
    worker = engine.start("run")
    try:
        while not (workers := engine.json("status")["workers"]):
            assert worker.poll() is None
        assert [(shown["pid"], shown["alive"]) for shown in workers] == [(worker.pid, True)]
    finally:
        worker.terminate()
        worker.communicate()
    assert worker.returncode == 0
    assert engine.json("status")["workers"] == []


def test_lists_releases_the_newest_first(engine: Any) -> None:
    engine.run("apply", "--yes")
    engine.change(WELCOME, "Hi ", "Hello ")
    live = engine.json("apply", "--yes")["release"]
    header, newest, oldest = engine.run("releases").splitlines()
    assert header.split("\t") == ["release", "applied", "by", "commit", "changes"]
    assert newest.startswith(f"{live} (live)")
    assert newest.endswith("+0 ~1 -0")
    assert "(live)" not in oldest
    assert len(engine.json("releases", "--limit", "1")["releases"]) == 1
