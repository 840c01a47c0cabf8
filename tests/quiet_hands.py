"""The hands of a send loop that runs in this process and tells nobody what it does."""

from __future__ import annotations

import os
from datetime import datetime

from engine.delivery.hands import Hands
from engine.outbox import Worker
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Clock


def quiet_hands(store: Store, plugins: Plugins, clock: Clock, owner: str, *, began: datetime | None = None) -> Hands:
    """Gives them. `began` is when the worker started, now where it is not said."""
    at = began or clock()
    return Hands(
        store=store,
        plugins=plugins,
        worker=Worker(owner, "here", os.getpid(), at, at),
        clock=clock,
        faults=lambda _point: None,
        progress=lambda _message, _state, _reason: None,
        advise=lambda _workspace, _finding: None,
    )
