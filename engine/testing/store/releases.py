"""Releases and locks."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import LockHeld, PlanStale
from engine.store import Store
from engine.testing.store.base import NOW, StoreSuite
from engine.types import Release, Source


def release(release_id: str, base: str | None = None) -> Release:
    """A release with everything filled in."""
    return Release(
        id=release_id,
        base=base,
        digest="d" * 8,
        objects={"engine": {"plugins": ["sandbox"]}, "acme/template/club/welcome": {"body": "Grüße 👋", "media": []}},
        sources={
            "acme/template/club/welcome": Source("config/x.liquid", 3, 2, 3, 9),
            "engine": Source("config/e.yaml", 1),
        },
        applied_at=NOW,
        applied_by="ada@acme.example",
        commit="c" * 40,
        author="Ada <ada@acme.example>",
        environment="production",
        versions={"engine-sms": "0.1.0"},
        summary={"create": 2, "update": 0, "delete": 0},
        allowed=("protect:acme/sender/old",),
        restores="r0",
    )


class ReleasesSuite(StoreSuite):
    """Of releases and locks."""

    def test_nothing_is_live_before_the_first_release(self, store: Store) -> None:
        assert store.live_release() is None
        assert store.live_release_id() is None
        assert store.release("r1") is None
        assert list(store.releases()) == []

    def test_a_release_comes_back_as_it_went_in(self, store: Store) -> None:
        first = release("r1")
        store.put_release(first)
        assert store.live_release() == first
        assert store.live_release_id() == "r1"
        assert store.release("r1") == first

    def test_the_newest_release_is_live_and_earlier_ones_stay(self, store: Store) -> None:
        store.put_release(release("r1"))
        store.put_release(release("r2", base="r1"))
        assert store.live_release_id() == "r2"
        assert store.release("r1") == release("r1")

    def test_lists_the_newest_first_without_their_objects(self, store: Store) -> None:
        for n in range(1, 4):
            store.put_release(release(f"r{n}", base=f"r{n - 1}" if n > 1 else None))
        assert [found.id for found in store.releases()] == ["r3", "r2", "r1"]
        assert store.releases(limit=1) == [replace(release("r3", base="r2"), objects={}, sources={})]

    @pytest.mark.parametrize("base", [None, "r0", "r1"], ids=["none", "unknown", "no-longer-live"])
    def test_refuses_a_release_whose_base_is_not_live(self, store: Store, base: str | None) -> None:
        store.put_release(release("r1"))
        store.put_release(release("r2", base="r1"))
        with pytest.raises(PlanStale):
            store.put_release(release("r3", base=base))
        assert store.live_release_id() == "r2"
        assert store.release("r3") is None

    def test_a_lock_is_held_by_one_at_a_time(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        with store.lock("apply", holder="ada", wait=timedelta(0), run="https://ci.example/runs/7"):
            with pytest.raises(LockHeld) as caught, other.lock("apply", holder="bob", wait=timedelta(0)):
                pytest.fail("two hold one lock")
            assert "ada" in caught.value.message
            assert str(os.getpid()) in caught.value.message
            assert "https://ci.example/runs/7" in caught.value.message
            with other.lock("another", holder="bob", wait=timedelta(0)):
                pass
        with other.lock("apply", holder="bob", wait=timedelta(0)):
            pass
        other.close()

    def test_a_lock_is_free_after_a_failure(self, store: Store) -> None:
        with pytest.raises(KeyError), store.lock("apply", holder="ada", wait=timedelta(0)):
            raise KeyError
        with store.lock("apply", holder="bob", wait=timedelta(0)) as died:
            assert died is None

    def test_holding_a_lock_leaves_the_store_open_to_all(self, store: Store, tmp_path: Path) -> None:
        other = self.open(tmp_path)
        with store.lock("apply", holder="ada", wait=timedelta(0)):
            store.put_release(release("r1"))
            other.put_release(release("r2", base="r1"))
        assert store.live_release_id() == "r2"
        other.close()

    def test_the_lock_of_a_process_that_died_is_free(self, store: Store, tmp_path: Path) -> None:
        spawn = multiprocessing.get_context("spawn")
        dead = spawn.Process(target=_die_with_lock, args=(self.store_class, self.url(), tmp_path))
        dead.start()
        dead.join()
        assert dead.exitcode == 9
        with store.lock("apply", holder="ada", wait=timedelta(0)) as died:
            assert died is not None
            assert (died.name, died.pid, died.run) == ("doomed", dead.pid, "https://ci.example/runs/8")
        with store.lock("apply", holder="ada", wait=timedelta(0)) as died:
            assert died is None


def _die_with_lock(store_class: type[Store], url: str, folder: Path) -> None:
    store = store_class.open(url, folder=folder)
    with store.lock("apply", holder="doomed", wait=timedelta(0), run="https://ci.example/runs/8"):
        os._exit(9)
