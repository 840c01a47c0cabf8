"""Reads the bodies of calls: never more than 64 KiB, and never for longer than ten seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.contracts import AsgiMessage

LONGEST = 64 * 1024
"""Bytes of a call's body. Twilio's longest, with ten media and 1,600 characters of four bytes each, has half of that.
"""

PATIENCE = 10.0
"""Seconds that the body of a call may take to arrive."""


class BodyError(Exception):
    """A body that is not to be had."""


class TooLong(BodyError):
    """The body has more bytes than it may."""


class TooSlow(BodyError):
    """The body takes longer than it may."""


class Gone(BodyError):
    """Whoever sent the body has gone before its end."""


class Bodies:
    """Reads bodies. One timer watches over all that are read, as a timer for each costs more than the reading."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._reading: dict[asyncio.Task[object], float] = {}  # until when, in the loop's time
        self._late: set[asyncio.Task[object]] = set()
        self._watch: asyncio.TimerHandle | None = None

    async def read(self, receive: Callable[[], Awaitable[AsgiMessage]], length: str) -> bytes:
        """Gives a body. `length` is what Content-Length says: it is believed only where it says too much. Raises
        TooLong, TooSlow, Gone."""
        if length.isascii() and length.isdigit() and (len(length) > 9 or int(length) > LONGEST):
            raise TooLong
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 # what runs here is awaited by one
        loop = asyncio.get_running_loop()
        self._reading[task] = loop.time() + self._patience
        if self._watch is None:
            self._watch = loop.call_later(self._patience / 4, self._look, loop)
        body = b""
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part: bytes = message.get("body", b"")
                body = body + part if body else part
                if len(body) > LONGEST:
                    raise TooLong
                if not message.get("more_body"):
                    return body
        except asyncio.CancelledError:
            if task not in self._late or task.uncancel():
                raise
            raise TooSlow from None
        finally:
            del self._reading[task]
            if self._late:
                self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends the reading of what takes too long."""
        now = loop.time()
        for task, until in self._reading.items():
            if until <= now and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._watch = loop.call_later(self._patience / 4, self._look, loop) if self._reading else None
