"""HTTP/1.1 over connections that are kept: one request at a time on each, none ever repeated.

What a library would not tell decides here what may be sent again: whether a byte of a request left. Nothing is
written before a connection stands, and whatever goes wrong after the first write leaves Twilio's side unknown.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from functools import cache
from typing import cast

from httptools import HttpParserError, HttpResponseParser

CONNECT = 5.0
"""Seconds until a connection, TLS included, must stand."""
READ = 30.0
"""Seconds until the answer's headers must be there, and then between any two pieces of its body."""
IDLE = 15.0
"""Seconds that an unused connection is kept. Short, since a request written to a connection that the other side is
just closing ends in doubt."""
MOST = 32 << 20
"""Bytes of an answer at most: the longest list that the API gives is a thirtieth of it."""


Origin = tuple[str, int, bool]
"""Host, port, and whether TLS is spoken there."""


class WireError(Exception):
    """No usable answer. `code` is `connect`, `request`, `closed`, `read-timeout`, `unreadable` or `reset`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NeverLeftError(WireError):
    """The request did not leave this machine."""


class MayHaveLeftError(WireError):
    """The request, or a part of it, left this machine."""


class Answer:
    """An answer as it came. Header names are in lower case; of two headers of one name the last counts."""

    __slots__ = ("body", "headers", "status")

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""


class Connection(asyncio.Protocol):
    """One connection. `ask` is for one request at a time."""

    def __init__(self, pool: Connections) -> None:
        self.idle_since = 0.0
        self.is_open = False
        self._pool = pool
        self._transport = cast("asyncio.Transport", None)  # until the connection stands, before which nobody has it
        self._parser = HttpResponseParser(self)
        self._waiter: asyncio.Future[Answer] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last = self._until = 0.0
        self._answer = Answer()
        self._begin()

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Writes a request; the future gives its answer, or raises MayHaveLeftError."""
        loop = self._pool.loop
        self._waiter = loop.create_future()
        self._last = loop.time()
        self._until = self._last + self._pool.connect + self._pool.read
        self._timer = loop.call_at(self._last + self._pool.read, self._look_at_the_clock)
        self._transport.write(request)
        return self._waiter

    def abort(self) -> None:
        """Ends the connection at once."""
        self.is_open = False
        self._transport.abort()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """A piece of an answer came."""
        if self._waiter is None:
            # Nothing was asked: whoever is there does not speak HTTP as we do.
            self.abort()
            return
        self._last = self._pool.loop.time()
        self._begun = True
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._fail("unreadable", "Twilio's answer cannot be read: it is no HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: by the other side, or by `abort`."""
        self.is_open = False
        self._pool.lost(self)
        if self._waiter is None:
            return
        if self._headed and not self._measured and exc is None:
            self.on_message_complete()  # the end of the connection is the end of such a body: RFC 9112 section 6.3
        elif self._begun:
            self._fail("unreadable", "Twilio's answer cannot be read: it breaks off")
        else:
            why = f": {exc}" if exc is not None else ""
            self._fail("reset", f"the connection to Twilio broke{why}")

    # what the parser calls

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._waiter is None:  # behind one that was whole: the next request must not have it
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header has been read."""
        key = name.decode("latin-1").lower()
        self._answer.headers[key] = value.decode("latin-1")
        if key in ("content-length", "transfer-encoding"):
            self._measured = True

    def on_headers_complete(self) -> None:
        """All headers have been read."""
        self._answer.status = self._parser.get_status_code()
        self._headed = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body has been read."""
        self._pieces.append(body)
        self._size += len(body)
        if self._size > MOST:
            self._fail("unreadable", "Twilio's answer cannot be read: it is too long")

    def on_message_complete(self) -> None:
        """An answer is whole."""
        answer, waiter = self._answer, self._waiter
        keep = self._parser.should_keep_alive()
        answer.body = b"".join(self._pieces)
        self._begin()
        if answer.status < 200 or waiter is None:  # an interim answer: the one that counts follows
            return
        self._end()
        if keep and self.is_open:
            self._pool.keep(self)
        else:
            self.abort()
        if not waiter.done():
            waiter.set_result(answer)

    # small things

    def _begin(self) -> None:
        self._answer = Answer()
        self._pieces: list[bytes] = []
        self._size = 0
        self._begun = False
        self._headed = False
        self._measured = False

    def _end(self) -> None:
        self._waiter = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail(self, code: str, message: str) -> None:
        waiter = self._waiter
        self._end()
        self.abort()
        if waiter is not None and not waiter.done():
            waiter.set_exception(MayHaveLeftError(code, message))

    def _look_at_the_clock(self) -> None:
        loop, pool = self._pool.loop, self._pool
        due = min(self._last + pool.read, self._until)
        if loop.time() < due:
            self._timer = loop.call_at(due, self._look_at_the_clock)
        else:
            self._fail("read-timeout", "no answer from Twilio in time")


class Connections:
    """The connections to one origin, on the event loop that runs as this is made."""

    def __init__(self, origin: Origin, *, connect: float = CONNECT, read: float = READ) -> None:
        self.loop = asyncio.get_running_loop()
        self.connect = connect
        self.read = read
        self.origin = origin
        self._all: set[Connection] = set()
        self._idle: deque[Connection] = deque()
        self._closed = False

    async def ask(self, request: bytes) -> Answer:
        """Makes one request, written out, and gives its answer. Raises WireError."""
        connection = self._kept() or await self._connected()
        answer = connection.ask(request)
        try:
            return await answer
        except asyncio.CancelledError:
            connection.abort()
            raise

    async def close(self) -> None:
        """Ends every connection; what was asked on them and not answered raises MayHaveLeftError."""
        self._closed = True
        while self._all:
            for connection in tuple(self._all):
                connection.abort()
            await asyncio.sleep(0)

    def keep(self, connection: Connection) -> None:
        """Takes a connection back whose answer is whole."""
        connection.idle_since = self.loop.time()
        self._idle.append(connection)

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        self._all.discard(connection)

    def _kept(self) -> Connection | None:
        """Gives the connection that was used last, and ends those that nobody has used for long."""
        idle, old = self._idle, self.loop.time() - IDLE
        while idle and idle[0].idle_since < old:
            idle.popleft().abort()
        while idle:
            if (connection := idle.pop()).is_open:
                return connection
        return None

    async def _connected(self) -> Connection:
        host, port, tls = self.origin
        try:
            async with asyncio.timeout(self.connect):
                _, connection = await self.loop.create_connection(
                    lambda: Connection(self), host, port, ssl=_trust() if tls else None
                )
        except TimeoutError as error:
            raise NeverLeftError("connect", "no connection to Twilio: it took too long") from error
        except OSError as error:
            raise NeverLeftError("connect", f"no connection to Twilio: {error}") from error
        self._all.add(connection)
        if self._closed:
            connection.abort()
            raise NeverLeftError("closed", "the connections to Twilio have been closed")
        return connection


@cache
def _trust() -> ssl.SSLContext:
    """Gives how a server proves who it is: by the certificates that this machine trusts."""
    return ssl.create_default_context()
