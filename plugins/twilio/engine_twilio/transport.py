"""The wire under Twilio's official client: its `AsyncHttpClient` over connections of our own.

    WireError
    ├── NeverLeftError      not one byte of the request left: certainly not processed
    └── MayHaveLeftError    Twilio may have the request; nobody can know from here

The client that comes with the twilio package caps itself at aiohttp's 100 connections, passes no time-out of its own on
(so aiohttp's five minutes hold) and drops the response's headers from its errors, Retry-After among them.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from engine_twilio.connections import (
    CONNECT,
    READ,
    Connections,
    MayHaveLeftError,
    NeverLeftError,
    Origin,
    WireError,
)

__all__ = ["MayHaveLeftError", "NeverLeftError", "Request", "Transport", "WireError"]

_TARGET = re.compile(r"[!-~]+")
_FIELD = re.compile(r"[ -~\x80-\xff\t]*")


class Request:
    """What all requests of one kind have in common, written out once: where they go, and everything before the length
    of their body."""

    __slots__ = ("head", "origin")

    def __init__(self, method: str, uri: str, headers: Mapping[str, str]) -> None:
        """Raises NeverLeftError."""
        try:
            parts = urlsplit(uri)
            tls = parts.scheme == "https"
            self.origin: Origin = parts.hostname or "", parts.port or (443 if tls else 80), tls
        except ValueError as error:
            raise NeverLeftError("request", f"the request cannot be made: {error}") from error
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        fields = {"Host": parts.netloc.rpartition("@")[2], **headers}
        if not (parts.scheme in ("http", "https") and _TARGET.fullmatch(path) and all(map(_is_field, fields.items()))):
            raise NeverLeftError("request", "the request cannot be made: its address or a header is none of HTTP's")
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.head = f"{method} {path} HTTP/1.1\r\n{lines}".encode("latin-1")

    def with_body(self, body: bytes) -> bytes:
        """Gives a whole request."""
        return b"%bContent-Length: %d\r\n\r\n%b" % (self.head, len(body), body)

    def without_body(self) -> bytes:
        """Gives a whole request that has no body."""
        return self.head + b"\r\n"


class Transport(AsyncHttpClient):  # type: ignore[misc] # twilio publishes no types
    """Sends the official client's requests: no retries, no redirects, no cap on connections, no proxy from the
    environment, nothing logged (requests hold phone numbers). For one event loop."""

    def __init__(self, *, api_url: str | None = None, connect: float = CONNECT, read: float = READ) -> None:
        super().__init__(logging.getLogger("engine_twilio"), is_async=True)
        self._api_url = api_url
        self._connect = connect
        self._read = read
        self._hosts: dict[Origin, Connections] = {}
        self.date: str | None = None
        """The header Date of the last answer: what time Twilio says it is."""
        self._closed = False

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 # the signature is the official client's
        allow_redirects: bool = False,
    ) -> Response:
        """Makes one request and gives its answer, whatever the status. Raises WireError.

        `timeout` is total, in seconds. Redirects are never followed: a POST must not be repeated elsewhere.
        """
        del allow_redirects
        fields = dict(headers or {})
        if auth is not None:
            fields["Authorization"] = basic(*auth)
        if params:
            uri = f"{uri}{'&' if '?' in uri else '?'}{urlencode(_pairs(params))}"
        request = self.prepare(method, uri, fields)
        # As the official client's own HTTP client encodes it.
        written = request.with_body(urlencode(_pairs(data)).encode()) if data else request.without_body()
        try:
            async with asyncio.timeout(timeout):
                return await self._answer(request, written)
        except TimeoutError as error:
            raise MayHaveLeftError("read-timeout", "no answer from Twilio in time") from error

    def prepare(self, method: str, uri: str, headers: Mapping[str, str]) -> Request:
        """Gives what requests to an address of Twilio's have in common. Raises NeverLeftError."""
        if self._api_url is not None:
            uri = f"{self._api_url}/{uri.split('/', 3)[3]}"
        elif not (urlsplit(uri).hostname or "").endswith(".twilio.com"):
            # A page of a list names the next one by its whole address; credentials go nowhere but to Twilio.
            raise NeverLeftError("request", "the address is not one of Twilio's")
        return Request(method, uri, headers)

    async def post(self, request: Request, form: bytes) -> Response:
        """Makes a prepared request with a form and gives its answer, whatever the status. Raises WireError."""
        return await self._answer(request, request.with_body(form))

    async def close(self) -> None:
        """Closes every connection. Calls after it raise NeverLeftError; calling it again does nothing."""
        self._closed = True
        for connections in self._hosts.values():
            await connections.close()

    async def _answer(self, request: Request, written: bytes) -> Response:
        got = await self._connections(request).ask(written)
        self.date = got.headers.get("date")
        if "content-encoding" in got.headers:
            raise MayHaveLeftError("unreadable", "Twilio's answer cannot be read: it is encoded, unasked")
        try:
            return Response(got.status, got.body.decode(), got.headers)
        except UnicodeDecodeError as error:
            raise MayHaveLeftError("unreadable", "Twilio's answer cannot be read: it is not UTF-8") from error

    def _connections(self, request: Request) -> Connections:
        if self._closed:
            raise NeverLeftError("closed", "the connections to Twilio have been closed")
        if request.origin not in self._hosts:
            self._hosts[request.origin] = Connections(request.origin, connect=self._connect, read=self._read)
        return self._hosts[request.origin]


def basic(user: str, password: str) -> str:
    """Gives the value of Authorization for a name and its secret (RFC 7617, in UTF-8)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _is_field(field: tuple[str, str]) -> bool:
    return all(_FIELD.fullmatch(part) for part in field)


def _pairs(fields: dict[str, object]) -> list[tuple[str, str]]:
    """Gives fields one by one, a list once for each of its items: that is how several MediaUrl are sent."""
    pairs = []
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            pairs += [(name, str(item)) for item in value]
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs
