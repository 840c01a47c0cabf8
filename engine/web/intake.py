"""Takes texts in: one at a time, on a thread of its own, each on disk before its answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from engine.delivery.live import Live
from engine.errors import UsageError
from engine.inbound.receive import Line, Received, receive
from engine.names import did_you_mean
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Clock, InboundMessage


class Intake:
    """The one door for whatever comes in."""

    def __init__(self, store: Store, plugins: Plugins, live: Live, clock: Clock) -> None:
        self._store = store
        self._plugins = plugins
        self._live = live
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "intake")

    async def text(self, workspace: str, message: InboundMessage) -> Received:
        """Records a text that came to a workspace. Raises UsageError for an unknown one, StateUnavailable."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._text, workspace, message)

    def close(self) -> None:
        """Waits for what is being recorded."""
        self._thread.shutdown()

    def _text(self, workspace: str, message: InboundMessage) -> Received:
        self._live.refresh()
        here, release = self._live.workspaces.get(workspace), self._live.release_id
        if here is None or release is None:
            raise UsageError(
                f"there is no workspace {workspace!r}", hint=did_you_mean(workspace, self._live.workspaces)
            )
        answers = self._plugins.provider(here.settings.delivery.provider).answers_keywords
        line = Line(workspace, here, release, provider_answers=answers)
        received = receive(self._store, line, message, now=self._clock())
        for event in received.events:
            self._plugins.observe(event)
        return received
