"""The web server as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Mounted

from engine.contracts import AsgiApplication, AsgiMessage, Route
from engine.errors import StateUnavailable
from engine.web.front import Front
from engine.web.links import Receive, Send, ShortLinks
from engine.web.log import Access, AccessLog
from engine.web.webhooks import WORD, Webhook


def application(
    front: Front, pages: Iterable[Route], *, log: Callable[[Access], None] | None = None
) -> AsgiApplication:
    """Gives the application: /health, webhooks, the pages of plugins, and short links for all that is left. It starts
    the front, and closes it when it ends. `log` is told of every request but redirects: those are clicks."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await front.start()
        yield
        await front.close()

    async def health(_: Request) -> Response:
        """Says whether the state can be read, for whatever watches over the process."""
        try:
            release = await asyncio.to_thread(front.store.live_release_id)
        except StateUnavailable as error:
            return JSONResponse({"status": "unavailable", "message": error.message}, 503)
        return JSONResponse({"status": "ok", "release": release})

    mounted = [Mounted("/health", health), *(_mounted(route) for route in pages)]
    webhooks = Webhook(front.intake, front.clock, log)
    app = Starlette(routes=mounted, lifespan=lifespan)
    # Starlette would answer an unknown address that ends in a slash by leading elsewhere: a redirect that is not ours.
    app.router.redirect_slashes = False
    app.router.default = front.links
    others: AsgiApplication = app
    if log is not None:
        others = AccessLog(app, {id(route.endpoint): route.path for route in mounted}, log, front.clock)
    return Door(others, webhooks, front.links, mounted)


class Door:
    """Leads webhooks and short links past all that other addresses need: each costs half as much so.

    Whatever begins as none of the others do may be a link. Where it turns out to be none, the others answer.
    """

    def __init__(
        self, others: AsgiApplication, webhooks: AsgiApplication, links: ShortLinks, routes: Iterable[Mounted]
    ) -> None:
        self._others = others
        self._webhooks = webhooks
        self._links = links
        self._words = frozenset(route.path.split("/")[1] for route in routes)

    def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> Awaitable[None]:
        """Answers one request."""
        word = scope["path"][1:].partition("/")[0] if scope["type"] == "http" else None
        if word == WORD:
            return self._webhooks(scope, receive, send)
        return self._lead(word, scope, receive, send)

    async def _lead(self, word: str | None, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if word is None or word in self._words or not await self._links.redirect(scope, send):
            await self._others(scope, receive, send)


def _mounted(route: Route) -> Mounted:
    mounted = Mounted(route.path, route.endpoint, methods=list(route.methods))
    mounted.app = route.endpoint  # Starlette would take a function for a handler of its own requests
    return mounted
