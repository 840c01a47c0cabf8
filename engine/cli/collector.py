"""Python's garbage collector, set for a process that runs for days and makes a thousand objects a millisecond."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""Objects made and not freed after which the young ones are looked at. Python's own 700 are passed by what is on the
wire at any moment, and then a third of the send loop's time goes into looking at the same objects again and again."""


def settle_in() -> None:
    """Tells the collector that what has been made so far stays: code, the config, the plugins. Called once, when a
    long-running command begins its work."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
