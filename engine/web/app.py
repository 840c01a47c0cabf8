"""The web server as one ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Mounted

from engine.contracts import AsgiApplication, Route
from engine.errors import StateUnavailable
from engine.web.front import Front


def application(front: Front, *, more: Iterable[Route] = ()) -> AsgiApplication:
    """Gives the application: /health, what plugins add, then `more`, and short links for all
    that is left. It closes the front when it ends.

    Raises ConfigError where two plugins want one address.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        front.start()
        yield
        await asyncio.to_thread(front.close)

    async def health(_: Request) -> Response:
        """Says whether the state can be read, for whatever watches over the process."""
        try:
            release = await asyncio.to_thread(front.store.live_release_id)
        except StateUnavailable as error:
            return JSONResponse({"status": "unavailable", "message": error.message}, 503)
        return JSONResponse({"status": "ok", "release": release})

    routes = [_mounted(route) for route in (*front.plugins.register_routes(front.site), *more)]
    app = Starlette(routes=[Mounted("/health", health), *routes], lifespan=lifespan)
    # Starlette would answer an unknown address that ends in a slash by leading elsewhere: a redirect that is not ours.
    app.router.redirect_slashes = False
    app.router.default = front.links
    return app


def _mounted(route: Route) -> Mounted:
    mounted = Mounted(route.path, route.endpoint, methods=list(route.methods))
    mounted.app = route.endpoint  # Starlette would take a function for a handler of its own requests
    return mounted
