"""Pairs of applies that race: one of each wins, and nothing of the other is left."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from apply_shop import ApplyShop, chained

PAIRS = int(os.environ.get("APPLY_RACES", "1000"))


def race(shop: ApplyShop, pairs: int) -> Mapping[str, int]:
    """Reviews two plans on one release and applies both at once, again and again. Gives how often which one won."""
    won = {"one": 0, "other": 0}
    with ThreadPoolExecutor(2) as both:
        for number in range(pairs):
            words = {"one": f"one {number}", "other": f"other {number}"}
            commands = []
            for side, word in words.items():
                shop.say(word, config=side)
                plan = shop.engine.json("--config", side, "plan", "--no-refresh")
                commands.append(("--config", side, "apply", "--yes", "--no-refresh", "--digest", plan["digest"]))
            one, other = both.map(lambda command: shop.process(*command), commands)
            assert sorted((one.returncode, other.returncode)) == [0, 6], f"{one.stderr}\n{other.stderr}"
            winner = "one" if one.returncode == 0 else "other"
            assert shop.word() == words[winner]
            won[winner] += 1
            releases = shop.releases()
            assert len(releases) == number + 2
            assert chained(releases)
    shop.process("apply", "--yes", "--lock-timeout", "0").check_returncode()  # no lock is left
    return won


def test_of_a_pair_one_wins(engine: Any) -> None:
    race(ApplyShop(engine), 3)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_of_each_of_many_pairs_one_wins(engine: Any) -> None:
    won = race(ApplyShop(engine), PAIRS)
    logging.getLogger(__name__).info("%s pairs, won by %s", PAIRS, won)
    assert min(won.values()) > 0  # or it was no race
