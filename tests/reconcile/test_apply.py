from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConfigError, LockHeld, PlanStale, RailBlocked
from engine.plugins import load
from engine.reconcile import saved
from engine.reconcile.apply import Applied, Desired, apply, check, plan_for
from engine.reconcile.git import Commit
from engine.reconcile.stale import Reviewed
from engine.store import Store
from engine.types import Finding, Severity, Source

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
OBJECTS: dict[str, Any] = {"acme/workspace": {"name": "Acme", "protect": False}, "engine": {"public_url": ""}}


def desired(objects: dict[str, Any] = OBJECTS, environment: str | None = "live") -> Desired:
    sources = {address: Source("config/x.yaml", line) for line, address in enumerate(objects, 1)}
    return Desired(objects, sources, environment, {"engine-sms": "1"})


def open_store(folder: Path) -> Store:
    return load([]).store("sqlite").open("sqlite:///state/engine.db", folder=folder)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def run(store: Store, wanted: Desired | None = None, **changed: Any) -> Applied:
    arguments: dict[str, Any] = {
        "reviewed": Reviewed(),
        "allow": (),
        "unset": (),
        "commit": None,
        "by": "ada@desk",
        "wait": timedelta(0),
        "clock": lambda: NOW,
        "faults": lambda point: None,
    }
    return apply(store, wanted or desired(), **{**arguments, **changed})


def test_a_release_says_all_about_its_apply(store: Store) -> None:
    commit = Commit("c0ffee", "Ada Example <ada@acme.example>", dirty=True)
    done = run(store, commit=commit)
    live = store.live_release()
    assert done.made
    assert live is not None
    assert live == done.release
    assert (live.objects, live.sources, live.environment) == (OBJECTS, desired().sources, "live")
    assert (live.digest, live.base, live.summary) == (done.plan.digest, None, {"create": 2, "update": 0, "delete": 0})
    assert (live.applied_at, live.applied_by, live.versions) == (NOW, "ada@desk", {"engine-sms": "1"})
    assert (live.commit, live.author) == ("c0ffee-dirty", "Ada Example <ada@acme.example>")


def test_nothing_is_written_where_nothing_is_to_change(store: Store) -> None:
    first = run(store)
    again = run(store, clock=lambda: NOW + timedelta(days=1))
    assert (again.made, again.release, again.plan.changes) == (False, first.release, ())
    assert len(store.releases()) == 1


def test_an_empty_config_can_be_the_first_release(store: Store) -> None:
    assert run(store, desired({})).made
    assert not run(store, desired({})).made


VISITS = ["apply-locked", "mid-apply", "apply-written", "apply-carried", "mid-apply", "apply-unlocked"]
LIVE_FROM = 5
"""The first visit with the release live."""


@pytest.mark.parametrize("fail_at", range(1, len(VISITS) + 1))
def test_what_fails_half_way_leaves_all_or_nothing_and_no_lock(store: Store, fail_at: int) -> None:
    visits = []

    def faults(point: str) -> None:
        visits.append(point)
        if len(visits) == fail_at:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run(store, faults=faults)
    assert visits == VISITS[:fail_at]
    assert len(store.releases()) == (fail_at >= LIVE_FROM)
    assert run(store).made is (fail_at < LIVE_FROM)
    assert len(store.releases()) == 1


def test_unset_variables_are_an_error_with_their_places(store: Store) -> None:
    finding = Finding("config.unset-variable", Severity.ERROR, "SITE is not set", file="config/x.yaml", line=3)
    with pytest.raises(ConfigError) as raised:
        run(store, unset=(finding,))
    assert raised.value.findings == (finding,)
    assert store.live_release_id() is None


def test_a_held_lock_is_an_error(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path)
    with other.lock("apply", holder="grace@desk", wait=timedelta(0)), pytest.raises(LockHeld, match="grace@desk"):
        run(store)
    other.close()
    assert run(store).made


def test_a_rail_is_passed_by_name_only_and_that_is_kept(store: Store) -> None:
    run(store, desired({**OBJECTS, "acme/template/x": {"body": "x", "protect": True}}))
    for allow in ((), ("protect:acme/template/y",), ("protect",)):
        with pytest.raises(RailBlocked):
            run(store, allow=allow)
    done = run(store, allow=("protect:acme/template/x", "protect:acme/template/y"))
    assert done.release.allowed == ("protect:acme/template/x",)
    live = store.live_release()
    assert live is not None
    assert live.allowed == ("protect:acme/template/x",)


def test_what_was_reviewed_must_be_what_is_applied(store: Store) -> None:
    plan = plan_for(None, desired())
    reviewed = saved.from_text(saved.to_text(plan))
    for wanted in (desired({}), desired(environment="staging")):
        for what in (Reviewed(reviewed), Reviewed(digest=plan.digest), Reviewed(reviewed, plan.digest)):
            with pytest.raises(PlanStale):
                run(store, wanted, reviewed=what)
    with pytest.raises(PlanStale):
        run(store, reviewed=Reviewed(reviewed, "0" * 64))
    assert run(store, reviewed=Reviewed(reviewed, plan.digest)).made
    assert not run(store, reviewed=Reviewed(reviewed, plan.digest)).made


def test_check_refuses_what_apply_would(store: Store) -> None:
    plan = plan_for(None, desired())
    assert check(plan, None, Reviewed(), allow=(), unset=()) is True
    with pytest.raises(PlanStale):
        check(plan, None, Reviewed(digest="0" * 64), allow=(), unset=())
    live = run(store).release
    assert check(plan_for(live, desired()), live, Reviewed(), allow=(), unset=()) is False


def test_of_many_at_once_each_is_applied_on_the_one_before(store: Store, tmp_path: Path) -> None:
    run(store)
    ends: list[str] = []

    def work(number: int) -> None:
        mine = open_store(tmp_path)
        try:
            wanted = desired({**OBJECTS, "acme/workspace": {"name": f"Acme {number}", "protect": False}})
            ends.append(run(mine, wanted, wait=timedelta(seconds=60)).release.id)
        finally:
            mine.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = list(reversed(store.releases()))
    assert len(ends) == 6
    assert [release.base for release in history] == [None, *(release.id for release in history[:-1])]
    assert {release.id for release in history[1:]} == set(ends)
