"""The web server as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
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
from engine.web.webhooks import webhook_routes


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

    routes = [*webhook_routes(front.intake), *pages]
    mounted = [Mounted("/health", health), *(_mounted(route) for route in routes)]
    app = Starlette(routes=mounted, lifespan=lifespan)
    # Starlette would answer an unknown address that ends in a slash by leading elsewhere: a redirect that is not ours.
    app.router.redirect_slashes = False
    app.router.default = front.links
    if log is None:
        return Door(app, front.links, mounted)
    logged = AccessLog(app, {id(route.endpoint): route.path for route in mounted}, log, front.clock)
    return Door(logged, front.links, mounted)


class Door:
    """Leads short links past all that other addresses need: a redirect costs half as much so.

    Whatever begins as none of the others do may be a link. Where it turns out to be none, the others answer.
    """

    def __init__(self, others: AsgiApplication, links: ShortLinks, routes: Iterable[Mounted]) -> None:
        self._others = others
        self._links = links
        self._words = frozenset(route.path.split("/")[1] for route in routes)

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if (
            scope["type"] != "http"
            or scope["path"][1:].partition("/")[0] in self._words
            or not await self._links.redirect(scope, send)
        ):
            await self._others(scope, receive, send)


def _mounted(route: Route) -> Mounted:
    mounted = Mounted(route.path, route.endpoint, methods=list(route.methods))
    mounted.app = route.endpoint  # Starlette would take a function for a handler of its own requests
    return mounted
