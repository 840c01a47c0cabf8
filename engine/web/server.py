"""Runs the application on uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from engine.contracts import AsgiApplication
from engine.errors import UsageError

LAST_ANSWERS = 10
"""Seconds that a stopping server waits for answers under way. A page that stays connected is cut off then."""

BACKLOG = 2048
"""Connections that wait to be taken."""


class Server(uvicorn.Server):
    """Answers on a socket that is bound before anything else starts, so that a port in use is said at once."""

    def __init__(
        self,
        application: AsgiApplication,
        listening: socket.socket,
        started: Callable[[str], None],
        closing: asyncio.Event,
    ) -> None:
        """Takes what to answer with, on what, whom to tell the address once it answers, and what to set at its end."""
        config = uvicorn.Config(
            application,
            interface="asgi3",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            # What a proxy says of the caller changes nothing here: signatures cover the configured address.
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=LAST_ANSWERS,
        )
        super().__init__(config)
        self._listening = listening
        self._told = started
        self._closing = closing

    def stop(self) -> None:
        """Asks it to end: no more connections, and what was asked is answered."""
        self.should_exit = True
        self._closing.set()

    async def run_until_stopped(self) -> None:
        """Answers until told to stop. Signals stay the command's own affair, as it may run more than this."""
        await self._serve([self._listening])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called by uvicorn before it answers."""
        await super().startup(sockets)
        if self.started:
            self._told(address(self._listening))


def address(listening: socket.socket) -> str:
    """Gives where a socket listens, as a browser takes it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Binds a socket. Raises UsageError where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", hint="choose another with --host and --port"
        ) from error
    listening.setblocking(False)
    return listening
