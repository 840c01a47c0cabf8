"""The page at /sandbox, its files, what it asks for, and the texts that it sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from engine import Route, Site, StateUnavailable
from engine_sandbox.network import Text
from engine_sandbox.phones.desk import Desk, TextIn, WrongText
from engine_sandbox.phones.feed import AT_ONCE, Feed, Place, written
from engine_sandbox.phones.guard import HEADERS, Guard, Refused
from engine_sandbox.phones.reader import Reader

PATH = "/sandbox"
"""Where the page is."""

MAX_BYTES = 64 * 1024
"""The most that the page sends at once."""

_FILES = {
    "phones.css": "text/css",
    "phones.svg": "image/svg+xml",
    "phones.js": "text/javascript",
    "phone.js": "text/javascript",
    "text.js": "text/javascript",
}
_LAST = 2**63 - 1

Handler = Callable[[Request], Awaitable[Response]]


def routes(site: Site) -> Iterable[Route]:
    """Gives the page's routes."""
    desk = Desk(site)
    pages = Pages(site, desk)
    guard = Guard(anywhere=lambda: desk.look().anywhere, public_url=site.public_url)
    reading, writing = guard.check_reading, guard.check_writing
    page = Endpoint(guard, _nothing, _file("phones.html", "text/html"))
    return [
        Route(PATH, page),
        Route(f"{PATH}/", page),
        *(Route(f"{PATH}/{name}", Endpoint(guard, reading, _file(name, kind))) for name, kind in _FILES.items()),
        Route(f"{PATH}/state", Endpoint(guard, reading, pages.state)),
        Route(f"{PATH}/conversation", Endpoint(guard, reading, pages.conversation)),
        Route(f"{PATH}/events", Endpoint(guard, reading, pages.events)),
        Route(f"{PATH}/texts", Endpoint(guard, writing, pages.text), methods=("POST",)),
    ]


class Endpoint:
    """One address as an ASGI application: checks who asks, answers, and says to browsers how careful to be."""

    def __init__(self, guard: Guard, check: Callable[[Request], None], handler: Handler) -> None:
        self._guard = guard
        self._check = check
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope, receive)
        try:
            self._guard.check(request)
            self._check(request)
            response = await self._handler(request)
        except Refused as refused:
            response = JSONResponse({"message": refused.why}, refused.status)
        except StateUnavailable as error:
            response = JSONResponse({"message": error.message}, 503)
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        await response(scope, receive, send)


class Pages:
    """Answers what the page asks for."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self._clock = site.context.clock
        self._desk = desk
        self._reader = Reader(desk.networks)
        self._feed = Feed(self._reader, desk.look, self._news, site.closing)

    async def state(self, request: Request) -> Response:
        """Gives the workspaces, the phones that were busy last, and the place in the stream that this stands for."""
        limit = _whole(request, "limit", 50, AT_ONCE)
        here = self._desk.look()
        recent: list[tuple[Text, str]] = []
        more = False
        places = {}
        for name in self._reader.networks():
            places[name], (texts, left) = await self._reader.ask(name, lambda n: (Place(*n.end()), n.recent(limit)))
            recent += [(text, name) for text in texts]
            more = more or left
        recent.sort(key=lambda one: one[0].at, reverse=True)
        return JSONResponse(
            {
                "now": int(self._clock().timestamp() * 1000),
                "cursor": written(places),
                "networks": list(places),
                "workspaces": here.workspaces(),
                "recent": [{"network": name, **here.bubble(name, text)} for text, name in recent[:limit]],
                "more": more or len(recent) > limit,
            }
        )

    async def conversation(self, request: Request) -> Response:
        """Gives the last texts of a phone, before one where asked, and whether there are earlier ones."""
        network = request.query_params.get("network", "")
        phone = request.query_params.get("phone", "")
        limit, before = _whole(request, "limit", 50, AT_ONCE), _whole(request, "before", _LAST, _LAST)
        texts = await self._reader.ask(network, lambda n: n.before(phone, before, limit + 1))
        here, shown = self._desk.look(), texts[-limit:]
        return JSONResponse({"texts": [here.bubble(network, text) for text in shown], "more": len(texts) > len(shown)})

    async def events(self, request: Request) -> Response:
        """Streams what is new since the place that the page knows."""
        after = request.headers.get("last-event-id") or request.query_params.get("after")
        return StreamingResponse(self._feed.events(after), media_type="text/event-stream")

    async def text(self, request: Request) -> Response:
        """Takes a text that somebody wrote on the page."""
        try:
            text = TextIn.model_validate_json(await _body(request))
            taken = await self._desk.receive(text)
        except ValidationError as error:
            first = error.errors()[0]
            raise Refused(422, f"{'.'.join(map(str, first['loc'])) or 'the text'}: {first['msg']}") from error
        except WrongText as error:
            raise Refused(422, str(error)) from error
        return JSONResponse({"rule": taken.rule, "replies": list(taken.replies), "repeated": taken.repeated})

    def _news(self, network: str, texts: Sequence[Text]) -> dict[str, Any]:
        here = self._desk.look()
        return {"network": network, "texts": [here.bubble(network, text) for text in texts]}


def _file(name: str, kind: str) -> Handler:
    content = files(__package__).joinpath("static", name).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    return answer


def _nothing(_: Request) -> None:
    """Lets everybody in whom the guard lets in: a page that somebody's link leads to shows them nothing of theirs."""


def _whole(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 20 else usual


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise Refused(413, f"a text is at most {MAX_BYTES} bytes of JSON")
    return bytes(content)
