"""A process beside the send loop that composes for it: a second interpreter, on a second core.

It is forked before the loop opens anything, is asked over a pair of sockets, and ends with the loop, however that ends.
It reads releases and writes nothing; what it cannot do, the loop does itself.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from engine.delivery.halts import Halted
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.delivery.prepare import try_to_prepare
from engine.outbox import Change, Claim, Prepared
from engine.plugins import Plugins
from engine.types import Clock, OutboundMessage

logger = logging.getLogger("engine.delivery")

SIZE = 4
"""Bytes of the number in front of each answer that says how long it is."""

PATIENCE = 20.0
"""Seconds that a slice may take, a hundred times what it takes. Then a plugin hangs, or the process was stopped."""

Part = tuple[Prepared, OutboundMessage] | Change | str
"""What became of a claim: what makes it ready, or the change, or why it cannot be composed by this worker at all."""


class Helper:
    """The process, as the loop sees it."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection = connection
        self._pid = pid
        # Where SIGCHLD is ignored the kernel forgets a child by itself, and its number may be another's by then.
        self._handle = os.pidfd_open(pid)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._gone = False

    @classmethod
    def fork(cls, live: Callable[[], Live], plugins: Plugins, clock: Clock) -> Helper | None:
        """Forks it; `live` is called there, when there is something to compose. None where it would be of no use, with
        one core, or is not safe: beside threads, and where libraries of the system do not stand a fork (macOS)."""
        if sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1 or threading.active_count() > 1:
            return None
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
            if pid:
                theirs.close()
                return cls(ours, pid)
        except OSError as error:
            logger.warning("messages are composed on one core: no helper could be started (%s)", error)
            ours.close()
            theirs.close()
            return None
        try:
            ours.close()
            _serve(theirs, live, plugins, clock)
        except Exception:
            logger.exception("the helper that composes messages ends")
        finally:
            os._exit(0)

    async def compose(self, claims: Sequence[Claim], halted: Halted, owner: str) -> Sequence[Part] | None:
        """Gives what became of each claim; None where the helper could not tell, or is gone."""
        if self._gone:
            return None
        try:
            question = pickle.dumps((claims, halted, owner), pickle.HIGHEST_PROTOCOL)
        except RecursionError:  # data that is nested hundreds of levels deep: json reads deeper than pickle writes
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._ask(question)
            parts: Sequence[Part] | None = pickle.loads(answer)  # noqa: S301 # our own child
        except asyncio.CancelledError:
            self._end()  # or the next slice would get this one's answer
            raise
        except Exception as error:  # noqa: BLE001 # whatever it is, the loop can do without
            why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            logger.warning("the helper (process %d) is gone, and the send loop composes alone: %s", self._pid, why)
            self._end()
            return None
        return parts

    async def _ask(self, question: bytes) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection(sock=self._connection)
        reader, writer = self._streams
        writer.write(question)
        await writer.drain()
        size = int.from_bytes(await reader.readexactly(SIZE), "big")
        return await reader.readexactly(size)

    def close(self) -> None:
        """Ends it at once, which loses nothing: it keeps nothing. Called within the event loop."""
        self._end()
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        os.close(self._handle)

    def _end(self) -> None:
        self._gone = True
        if self._streams is not None:
            self._streams[1].transport.abort()
        self._connection.close()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)


def _serve(connection: socket.socket, begin: Callable[[], Live], plugins: Plugins, clock: Clock) -> None:
    """Answers until the loop's process closes its end or dies."""
    # A terminal and service managers signal the whole group: who is told to stop is the loop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    live: Live | None = None  # read when there is something to compose: by then the loop has migrated the state
    with suppress(EOFError, pickle.UnpicklingError, ConnectionError), connection.makefile("rwb") as stream:
        while True:
            claims, halted, owner = pickle.load(stream)  # noqa: S301 # from the loop, which is our parent
            live = live or begin()
            try:
                live.refresh()
                parts = [_part(claim, live, plugins, halted, owner, clock) for claim in claims]
                answer = pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)
            except Exception:
                logger.exception("the helper could not compose; the send loop does it itself")
                answer = pickle.dumps(None)
            stream.write(len(answer).to_bytes(SIZE, "big"))
            stream.write(answer)
            stream.flush()


def _part(claim: Claim, live: Live, plugins: Plugins, halted: Halted, owner: str, clock: Clock) -> Part:
    made = try_to_prepare(claim, live, plugins, halted, owner=owner, now=clock())
    return (made.prepared, made.message) if isinstance(made, Ready) else made
