"""What `engine run` shows while it runs."""

from __future__ import annotations

import json
from pathlib import Path

from shop import Shop

from engine.cli.progress import COLUMNS, Progress, line
from engine.types import MessageState as S

LANE = "acme/sender/main"


def row(progress: Progress, now: float, **counts: int) -> dict[str, str]:
    (found,) = progress.rows({LANE: {S[name]: count for name, count in counts.items()}}, now)
    return dict(zip(COLUMNS, found, strict=True))


def test_counts_by_what_a_person_wants_to_know() -> None:
    found = row(
        Progress(), 0, QUEUED=1000, CLAIMED=50, RETRY_WAIT=4, SENDING=7, ACCEPTED=3, DELIVERED=2, REJECTED=1, IN_DOUBT=6
    )
    assert found == {
        "sender": LANE,
        "queued": "1,054",
        "on the wire": "7",
        "a second": "0.0",
        "accepted": "5",
        "failed": "1",
        "held": "6",
        "left": "",
    }


def test_the_rate_is_that_of_the_last_seconds_and_tells_when_it_ends() -> None:
    progress = Progress(remembered=10)
    row(progress, 0, QUEUED=1000)
    assert row(progress, 10, QUEUED=900, ACCEPTED=100)["a second"] == "10"
    found = row(progress, 20, QUEUED=600, ACCEPTED=400)
    assert (found["a second"], found["left"]) == ("30", "20 s")
    assert row(progress, 30, QUEUED=590, ACCEPTED=410)["left"] == "10 min"
    assert row(progress, 40, ACCEPTED=1000)["left"] == ""


def test_a_line_says_what_the_table_shows() -> None:
    progress = Progress()
    progress.rows({LANE: {S.QUEUED: 500}}, 0)
    (found,) = progress.rows({LANE: {S.QUEUED: 400, S.ACCEPTED: 90, S.HELD: 10}}, 10)
    assert line(found) == (
        "acme/sender/main: 400 queued, 0 on the wire, 10 a second, 90 accepted, 0 failed, 10 held, 40 s left"
    )


def test_ndjson_streams_each_change_and_ends_with_the_states(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write()
    shop.engine("apply", "--yes", "--no-refresh")
    shop.people({"ada": "+14155550123"})
    shop.engine("send", "welcome", "-w", "acme", "--person", "ada")
    *events, last = map(json.loads, shop.engine("run", "--drain", "--format", "ndjson").splitlines())
    (message,) = shop.messages()
    assert [event["state"] for event in events][:2] == ["sending", "accepted"]
    assert {event["message"] for event in events} == {message["id"]}
    assert last == {"version": 1, "states": {message["state"]: 1}}
