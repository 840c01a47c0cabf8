"""Short links: the redirect to where each leads.

A destination comes from the table of links and from nowhere else: nothing in a request is ever part of the answer. The
table's keys are whole addresses, so that a link under one domain is unknown under another. Who asks for what is not
there learns only that, in the same words each time, and not fast.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from engine.clicks import Click
from engine.compose.links import host_of
from engine.contracts import AsgiMessage
from engine.errors import StateUnavailable
from engine.record import record
from engine.store import Store
from engine.types import Clock
from engine.web.bots import Bots
from engine.web.click_log import ClickLog
from engine.web.throttle import Throttle

logger = logging.getLogger("engine.web")

Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]

REMEMBERED = 2_000
"""Links whose destination is remembered at most."""

GOOD_FOR = 1.0
"""Seconds that a destination is remembered at most: a link of somebody who was erased leads nowhere after that."""

LONGEST = 200
"""Characters of a path that may be a short link's."""

ROOM_WITHIN = 5.0
"""Seconds that a redirect waits for room in the queue of clicks."""

_EMPTY = (b"content-length", b"0")
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
            (b"x-content-type-options", b"nosniff"),
            *_ALWAYS,
            *self.more,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.text})


UNKNOWN = Answer(404, b"There is no such link.\n")
EXPIRED = Answer(410, b"This link has expired.\n")
TOO_MANY = Answer(429, b"Too many unknown links. Please try again later.\n")
BUSY = Answer(503, b"Please try again in a moment.\n", ((b"retry-after", b"1"),))


@record
class Target:
    """Where a short address leads. `location` is empty for nowhere."""

    short: str
    location: bytes
    expires_at: datetime | None

    async def send(self, send: Send) -> None:
        """Leads there."""
        headers = [(b"location", self.location), _EMPTY, *_ALWAYS]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body"})


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
        self._remembered: dict[str, Target] = {}
        self._forget_at = float("-inf")
        self._asked: list[tuple[str, asyncio.Future[Target | None]]] = []

    async def redirect(self, scope: AsgiMessage, send: Send) -> bool:
        """Answers a request for a link that leads somewhere; False for any other, which is not answered."""
        headers = dict(scope["headers"])
        found = await self._look(scope, headers)
        if isinstance(found, Answer) or not self._log.offer(self._click(found, scope, headers)):
            return False
        await found.send(send)
        return True

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Answers any request."""
        del receive  # whatever its body says
        headers = dict(scope["headers"])
        found = await self._look(scope, headers)
        if isinstance(found, Answer):
            if found is UNKNOWN:
                self._throttle.miss(self._client(scope, headers))
        elif not await self._room_for(self._click(found, scope, headers)):
            found = BUSY
        await found.send(send)

    def start(self) -> None:
        """Begins to write clicks down."""
        self._log.start()

    def close(self) -> None:
        """Writes down the last clicks."""
        self._log.close()

    async def _look(self, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> Target | Answer:
        """Gives where a request leads, or how it is answered that leads nowhere."""
        if scope["method"] not in ("GET", "HEAD"):
            return UNKNOWN
        wait = self._throttle.wait(self._client(scope, headers))
        if wait:
            return replace(TOO_MANY, more=((b"retry-after", b"%d" % wait),))
        try:
            target = await self._find(scope, headers)
        except StateUnavailable as error:
            logger.warning("a short link cannot be looked up: %s", error.message)
            return BUSY
        if target is None:
            return UNKNOWN
        if target.expires_at is not None and target.expires_at <= self._clock():
            return EXPIRED
        return target if target.location else UNKNOWN

    def _click(self, target: Target, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> Click:
        agent, reasons = self._bots.judge(scope["method"], headers)
        return Click(target.short, self._clock(), agent, reasons)

    def _client(self, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> str:
        """Gives who asks. Of a list of addresses the last counts: the trusted proxy itself has added it."""
        name = self._client_header()
        if name is not None:
            last = headers.get(name.lower().encode(), b"").rpartition(b",")[2].strip()
            if last:
                return last.decode("latin-1")
        return scope["client"][0] if scope.get("client") else ""

    async def _find(self, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> Target | None:
        """Gives where the link that a request asks for leads, None where there is none. Raises StateUnavailable."""
        path: str = scope["path"]
        host = headers.get(b"host", b"").decode("latin-1").lower().removesuffix(":443").rstrip(".")
        if len(path) > LONGEST or len(host) > LONGEST or not _PATH.fullmatch(path):
            return None
        found = await self._target(f"https://{host}{path}")
        if found is None and _LOOPBACK.fullmatch(host):
            for domain in self._domains_here(f"http://{host}", scope, headers):
                found = found or await self._target(f"{domain}{path}")
        return found

    def _domains_here(self, own: str, scope: AsgiMessage, headers: Mapping[bytes, bytes]) -> Iterator[str]:
        """Gives the domains whose links are found under this machine's own name: that name, and for who asks on this
        machine all of them."""
        yield own
        peer = scope["client"][0] if scope.get("client") else ""
        if peer in ("127.0.0.1", "::1") and not any(name in headers for name in _PROXIED):
            yield from self._domains()

    async def _target(self, address: str) -> Target | None:
        """Gives where a short address leads. What is asked for at one moment is looked up together."""
        now = self._monotonic()
        if now >= self._forget_at or len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
            self._forget_at = now + GOOD_FOR
        found = self._remembered.get(address)
        if found is not None:
            return found
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._look_up)
        answer: asyncio.Future[Target | None] = loop.create_future()
        self._asked.append((address, answer))
        return await answer

    def _look_up(self) -> None:
        asked, self._asked = self._asked, []
        waiting = [(address, answer) for address, answer in asked if not answer.done()]  # not those who have gone
        try:
            found = self._reader.leads_to([address for address, _ in waiting])
        except StateUnavailable as error:
            for _, answer in waiting:
                answer.set_exception(error)
            return
        for address, answer in waiting:
            if address not in found:
                answer.set_result(None)
                continue
            url, expires_at = found[address]
            target = self._remembered[address] = Target(address, location(url), expires_at)
            answer.set_result(target)

    async def _room_for(self, click: Click) -> bool:
        """Waits until a click has a place in the queue: nobody is sent on whose click would be lost."""
        until = self._monotonic() + ROOM_WITHIN
        while not self._log.offer(click):
            if self._monotonic() >= until:
                return False
            await asyncio.sleep(0.02)
        return True


def location(url: str) -> bytes:
    """Gives a destination as a header holds it: in ASCII, other characters as RFC 3987 maps them. Empty where it is no
    https address, which no link of ours leads to."""
    if _PLAIN.fullmatch(url):
        return url.encode()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return b""
    name = host_of(f"https://{host}") if host and ":" not in host else host
    if parts.scheme.lower() != "https" or not name or not name.isascii():
        return b""
    where = f"[{name}]" if ":" in name else name
    user, at, _ = parts.netloc.rpartition("@")
    rest = url[url.index(parts.netloc) + len(parts.netloc) :]
    number = "" if port is None else f":{port}"
    return f"https://{_quoted(user)}{at}{where}{number}{_quoted(rest)}".encode()


def _quoted(text: str) -> str:
    return quote(text, safe=_SAFE, errors="replace")
