"""Writes clicks down beside the answers: a queue with room for so many, and a thread that empties it into the state."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from engine.clicks import Click, RecordedClick
from engine.errors import StateUnavailable

logger = logging.getLogger("engine.web")

ROOM = 20_000
"""Clicks that wait at most, some 6 MB. With the queue full, `offer` says no and the redirect waits: a click is never
dropped for want of room."""

EVERY = 0.25
"""Seconds between writes: what a crash can lose."""

TRY_AGAIN = 1.0
"""Seconds before clicks are written again that the state would not take."""

LAST_TRIES = 10
"""How often a server that ends goes on trying."""


class ClickLog:
    """Takes clicks from the event loop, and writes them from a thread of its own."""

    def __init__(
        self,
        write: Callable[[Sequence[Click]], Sequence[RecordedClick]],
        tell: Callable[[Sequence[RecordedClick]], None],
        *,
        room: int = ROOM,
        every: float = EVERY,
    ) -> None:
        self._record = write
        self._tell = tell
        self._room = room
        self._every = every
        self._waiting: deque[Click] = deque()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clicks")

    def start(self) -> None:
        """Starts writing."""
        self._thread.start()

    def offer(self, click: Click) -> bool:
        """Takes a click; False where there is no room. Waits for nothing."""
        if len(self._waiting) >= self._room:
            return False
        self._waiting.append(click)
        return True

    def close(self) -> None:
        """Writes what waits, and ends. What the state would not take in all that time is said in the log."""
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.wait(self._every):
            self._write_all()
        self._write_all()

    def _write_all(self) -> None:
        clicks = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if clicks and not self._written(clicks):
            logger.error("the state did not take the last %d clicks: they are lost", len(clicks))

    def _written(self, clicks: Sequence[Click]) -> bool:
        """Writes until the state takes them; False where it has not for too long while the server ends."""
        left, said = LAST_TRIES, False
        while left:
            try:
                recorded = self._record(clicks)
            except StateUnavailable as error:
                if not said:
                    logger.warning("clicks wait, since the state does not take them: %s", error.message)
                    said = True
                if self._ends.wait(TRY_AGAIN):
                    left -= 1
                    time.sleep(TRY_AGAIN)
            except Exception:
                logger.exception("%d clicks could not be written: they are lost", len(clicks))
                return True
            else:
                self._tell(recorded)
                return True
        return False
