"""Short links: the redirect to where each leads.

A destination comes from the table of links and from nowhere else: nothing in a request is ever part of the answer. The
table's keys are whole addresses, so that a link under one domain is unknown under another. Who asks for what is not
there learns only that, in the same words each time, and not fast.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from engine.clicks import Click
from engine.compose.links import host_of
from engine.contracts import AsgiMessage
from engine.errors import StateUnavailable
from engine.store import Store
from engine.types import Clock
from engine.web.bots import Bots
from engine.web.click_log import ClickLog
from engine.web.throttle import Throttle

logger = logging.getLogger("engine.web")

Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

REMEMBERED = 2_000
"""Links whose destination is remembered, those found last."""

GOOD_FOR = 1.0
"""Seconds that a destination is remembered: a link of somebody who was erased leads nowhere after that."""

LONGEST = 200
"""Characters of a path that may be a short link's."""

ROOM_WITHIN = 5.0
"""Seconds that a redirect waits for room in the queue of clicks."""

_PATH = re.compile(r"/[A-Za-z0-9._~/-]+")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")
_PLAIN = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:[/?#][!#-;=?-Z\[\]_a-z~]*)?")
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_PROXIED = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
"""Headers of a proxy or a tunnel, behind which a connection from this machine is none."""

_ALWAYS = (
    # A link is one message's and its destination may expire: no cache may answer for us, and each click is seen.
    (b"cache-control", b"private, no-store"),
    # A code is a person's: the destination must not learn it (https://www.w3.org/TR/referrer-policy/).
    (b"referrer-policy", b"no-referrer"),
    # https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag
    (b"x-robots-tag", b"noindex, nofollow, noarchive"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer without a destination: to everybody the same."""

    status: int
    text: bytes
    more: tuple[tuple[bytes, bytes], ...] = ()

    async def send(self, send: Send) -> None:
        """Answers so. The server leaves out the text where only the headers were asked for."""
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(self.text)),
            *_ALWAYS,
            *self.more,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.text})


UNKNOWN = Answer(404, b"There is no such link.\n")
EXPIRED = Answer(410, b"This link has expired.\n")
BUSY = Answer(503, b"Please try again in a moment.\n", ((b"retry-after", b"1"),))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a short address leads. `location` is None for nowhere."""

    short: str
    location: bytes | None
    expires_at: datetime | None


class ShortLinks:
    """Answers for every short link there is, and for all that is none: an ASGI application for what others leave."""

    def __init__(
        self,
        reader: Store,
        log: ClickLog,
        *,
        clock: Clock,
        monotonic: Callable[[], float],
        domains: Callable[[], Iterable[str]],
        client_header: Callable[[], str | None],
    ) -> None:
        """`reader` is a store that only reads, so that no look-up waits for who writes. `domains` gives what short
        links begin with, for who asks on this machine under its own name; `client_header` the header in which a trusted
        proxy says who asks."""
        self._reader = reader
        self._log = log
        self._clock = clock
        self._monotonic = monotonic
        self._domains = domains
        self._client_header = client_header
        self._throttle = Throttle(monotonic)
        self._bots = Bots()
        self._remembered: OrderedDict[str, tuple[float, Target]] = OrderedDict()

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Answers one request."""
        del receive  # whatever its body says
        if scope["method"] not in ("GET", "HEAD"):
            return await UNKNOWN.send(send)
        headers = dict(scope["headers"])
        client = self._client(scope, headers)
        wait = self._throttle.wait(client)
        if wait:
            too_many = Answer(
                429, b"Too many unknown links. Please try again later.\n", ((b"retry-after", b"%d" % wait),)
            )
            return await too_many.send(send)
        try:
            target = self._find(self._addresses(scope, headers))
        except StateUnavailable as error:
            logger.warning("a short link cannot be looked up: %s", error.message)
            return await BUSY.send(send)
        if target is None:
            self._throttle.miss(client)
            return await UNKNOWN.send(send)
        now = self._clock()
        if target.location is None or (target.expires_at is not None and target.expires_at <= now):
            return await EXPIRED.send(send)
        agent, reasons = self._bots.judge(scope["method"], headers)
        click = Click(target.short, now, agent, reasons)
        if not self._log.offer(click) and not await self._room_for(click):
            return await BUSY.send(send)
        moved = [(b"location", target.location), (b"content-length", b"0"), *_ALWAYS]
        await send({"type": "http.response.start", "status": 302, "headers": moved})
        await send({"type": "http.response.body"})
        return None

    def start(self) -> None:
        """Begins to write clicks down."""
        self._log.start()

    def close(self) -> None:
        """Writes down the last clicks."""
        self._log.close()

    def _client(self, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> str:
        """Gives who asks. Of a list of addresses the last counts: the trusted proxy itself has added it."""
        name = self._client_header()
        if name is not None:
            last = headers.get(name.lower().encode(), b"").rpartition(b",")[2].strip()
            if last:
                return last.decode("latin-1")
        return scope["client"][0] if scope.get("client") else ""

    def _addresses(self, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> Iterator[str]:
        """Gives the short addresses that a request may mean."""
        path: str = scope["path"]
        host = headers.get(b"host", b"").decode("latin-1").lower().removesuffix(":443").rstrip(".")
        if len(path) > LONGEST or len(host) > LONGEST or not _PATH.fullmatch(path):
            return
        yield f"https://{host}{path}"
        if _LOOPBACK.fullmatch(host):
            yield f"http://{host}{path}"
            peer = scope["client"][0] if scope.get("client") else ""
            if peer in ("127.0.0.1", "::1") and not any(name in headers for name in _PROXIED):
                yield from (f"{domain}{path}" for domain in self._domains())

    def _find(self, addresses: Iterator[str]) -> Target | None:
        """Gives where the first that is a short link leads. Raises StateUnavailable."""
        now = self._monotonic()
        for address in addresses:
            until, target = self._remembered.get(address, (now, None))
            if target is not None and now < until:
                return target
            found = self._reader.link(address)
            if found is not None:
                link = found[1]
                target = Target(link.short, location(link.url), link.expires_at)
                self._remembered[address] = now + GOOD_FOR, target
                self._remembered.move_to_end(address)
                if len(self._remembered) > REMEMBERED:
                    self._remembered.popitem(last=False)
                return target
        return None

    async def _room_for(self, click: Click) -> bool:
        """Waits until a click has a place in the queue: nobody is sent on whose click would be lost."""
        until = self._monotonic() + ROOM_WITHIN
        while self._monotonic() < until:
            await asyncio.sleep(0.02)
            if self._log.offer(click):
                return True
        return False


def location(url: str) -> bytes | None:
    """Gives a destination as a header holds it: in ASCII, other characters as RFC 3987 maps them. None where it is no
    https address, which no link of ours leads to."""
    if _PLAIN.fullmatch(url):
        return url.encode()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    name = host_of(f"https://{host}") if host and ":" not in host else host
    if parts.scheme.lower() != "https" or not name or not name.isascii():
        return None
    where = f"[{name}]" if ":" in name else name
    user, at, _ = parts.netloc.rpartition("@")
    rest = url[url.index(parts.netloc) + len(parts.netloc) :]
    number = "" if port is None else f":{port}"
    return f"https://{_quoted(user)}{at}{where}{number}{_quoted(rest)}".encode()


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE, errors="replace")
