"""Apply, killed at each of its points: all of it is live or nothing, and the next apply completes it."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from apply_shop import ApplyShop, chained

from engine.reconcile.apply import POINTS

TIMES = int(os.environ.get("APPLY_KILLS", "20"))

VISITS = [
    ("apply-locked", False),
    ("mid-apply:1", False),
    ("apply-written", False),
    ("apply-carried", False),
    ("mid-apply:2", True),
    ("apply-unlocked", True),
]
"""Each visit of a point, and whether the release is live there."""


def kill(shop: ApplyShop, point: str, *, live: bool, times: int) -> None:
    for number in range(times):
        before, word = shop.releases(), f"{point} {number}"
        was = shop.word()
        shop.say(word)
        killed = shop.process("apply", "--yes", "--no-refresh", crash=point)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert (len(shop.releases()), shop.word()) == ((len(before) + 1, word) if live else (len(before), was))
        done = shop.process("apply", "--yes", "--no-refresh", "--lock-timeout", "0")
        assert done.returncode == 0, done.stderr
        # Whoever died with the lock is named; there is nothing to tell of one who let it go.
        assert ("an earlier apply died" in done.stderr) is (point != "apply-unlocked")
        releases = shop.releases()
        assert (len(releases), shop.word(), chained(releases)) == (len(before) + 1, word, True)
    assert shop.engine.json("plan", "--no-refresh")["changes"] == []


def test_every_point_is_visited() -> None:
    assert {point.partition(":")[0] for point, _ in VISITS} == set(POINTS)


@pytest.mark.parametrize(("point", "live"), VISITS)
def test_killed_once(engine: Any, point: str, live: bool) -> None:
    kill(ApplyShop(engine), point, live=live, times=1)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("point", "live"), VISITS)
def test_killed_again_and_again(engine: Any, point: str, live: bool) -> None:
    kill(ApplyShop(engine), point, live=live, times=TIMES)
