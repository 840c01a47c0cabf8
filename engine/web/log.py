"""The access log: a line a request, with the address as its route has it. No query, no number, nobody's address."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

from engine.contracts import AsgiApplication, AsgiMessage
from engine.record import record
from engine.types import Clock

REMARK = "engine.remark"
ROUTE = "engine.route"
"""In a request's scope: what its line in the log says beside the usual, and its address where no route has it."""

Scope = MutableMapping[str, Any]


@record
class Access:
    """One request that was answered."""

    method: str
    route: str  # "/sandbox/{name}"
    status: int  # 0: whoever asked had gone
    milliseconds: float
    remark: str
    at: datetime


def remark(scope: Scope, words: str) -> None:
    """Notes something for the request's line in the log."""
    scope[REMARK] = words


def remark_of(scope: Scope) -> str:
    """Gives what was noted for the request's line, empty for nothing."""
    words: str = scope.get(REMARK, "")
    return words


class AccessLog:
    """Answers with an application and tells of each request. `routes` maps endpoints to the paths that they answer."""

    def __init__(
        self, application: AsgiApplication, routes: Mapping[int, str], log: Callable[[Access], None], clock: Clock
    ) -> None:
        self._application = application
        self._routes = routes
        self._log = log
        self._clock = clock

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[AsgiMessage]],
        send: Callable[[AsgiMessage], Awaitable[None]],
    ) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def sending(message: AsgiMessage) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._application(scope, receive, sending)
        finally:
            # Starlette leaves what it found in the scope; what it did not find may be a short link.
            route = scope.get(ROUTE) or self._routes.get(id(scope.get("endpoint")), "/{code}")
            took = (time.perf_counter() - began) * 1000
            self._log(Access(scope["method"], route, status, took, remark_of(scope), self._clock()))
