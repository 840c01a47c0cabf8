"""The last round of `engine reconcile`."""

from __future__ import annotations

from datetime import timedelta

from engine.rounds import Round, RoundResult
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite


class RoundsSuite(StoreSuite):
    """Of what reconcile did last."""

    def test_remembers_the_last_round_whole(self, store: Store) -> None:
        assert store.last_round() is None
        every, failed = timedelta(minutes=5), RoundResult.FAILED
        first = Round(NOW, "ann@desk", every, failed, "c1", "r1", "no answer", since=NOW, config="f" * 64)
        store.record_round(first)
        assert store.last_round() == first
        second = Round(NOW + SECOND, "bob@desk", None, RoundResult.APPLIED)
        store.record_round(second)
        assert store.last_round() == second
