"""The surroundings of a plugin under test: a clock that is set by hand, secrets from a table, repeatable randomness."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.contracts import PluginContext
from engine.errors import ConfigError
from engine.types import Clock, SecretRef


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 18, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Gives the present moment."""
        return self.now

    def advance(self, time: timedelta) -> None:
        """Lets time pass."""
        self.now += time


def plugin_context(
    folder: Path,
    *,
    clock: Clock | None = None,
    secrets: Mapping[str, str] | None = None,
    seed: int = 0,
    read_only: bool = False,
) -> PluginContext:
    """Gives a context whose state folder is `folder`. The same seed gives the same random bytes."""
    known = dict(secrets or {})

    def secret(ref: SecretRef) -> str:
        if ref.name not in known:
            raise ConfigError(f"the variable {ref.name} is not set")
        return known[ref.name]

    return PluginContext(
        clock=clock or ManualClock(),
        logger=logging.getLogger("engine.testing"),
        state_folder=folder,
        secret=secret,
        random=random.Random(seed).randbytes,  # noqa: S311 # tests want the same bytes every time
        read_only=read_only,
    )
