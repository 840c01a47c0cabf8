"""The wire under Twilio's official client: its `AsyncHttpClient` on pyreqwest.

    WireError
    ├── NeverLeftError      not one byte of the request left: certainly not processed
    └── MayHaveLeftError    Twilio may have the request; nobody can know from here

The client that comes with the twilio package caps itself at aiohttp's 100 connections, passes no time-out of its own on
(so aiohttp's five minutes hold) and drops the response's headers from its errors, Retry-After among them.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import BuilderError, DecodeError, PyreqwestError, RequestTimeoutError
from pyreqwest.http import Url
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.http import HeaderMap
    from pyreqwest.request import ConsumedRequest

CONNECT = 5.0
"""Seconds until a connection, TLS included, must stand."""
READ = 30.0
"""Seconds until the answer's headers must be there, and then between any two pieces of its body."""
IDLE = 15.0
"""Seconds that an unused connection is kept. Short, since a request written to a connection that the other side is
just closing ends in doubt."""

LAST_WORDS = 0.05
"""Seconds after closing in which pyreqwest's own threads may let go of Python objects. They do so a moment after their
answer has arrived; where the interpreter ends before that, the process aborts (SIGABRT, "PyGILState_Release")."""

NOT_CONNECTED = "client error (Connect)"
"""How hyper, pyreqwest's engine, names a failure before the connection stood: DNS, TCP and TLS. pyreqwest's exception
classes cannot be trusted here: its ConnectError and ConnectTimeoutError are also raised where a server hung up or
stayed silent after it had the whole request. Should the wording ever change, such failures end in doubt, the safe
side."""


class WireError(Exception):
    """No usable answer. `code` is `connect`, `request`, `closed`, `read-timeout`, `unreadable` or `reset`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NeverLeftError(WireError):
    """The request did not leave this machine."""


class MayHaveLeftError(WireError):
    """The request, or a part of it, left this machine."""


class Transport(AsyncHttpClient):  # type: ignore[misc] # twilio publishes no types
    """Sends the official client's requests: no retries, no redirects, no cap on connections, no proxy from the
    environment, nothing logged (requests hold phone numbers). Usable from any event loop."""

    def __init__(self, *, api_url: str | None = None, connect: float = CONNECT, read: float = READ) -> None:
        super().__init__(logging.getLogger("engine_twilio"), is_async=True)
        self._api_url = api_url
        self._connect = timedelta(seconds=connect)
        self._read = timedelta(seconds=read)
        self._wire: Client | None = None
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
        try:
            request = self._client().request(method, self._target(uri, params)).headers(headers or {})
            if auth is not None:
                request = request.basic_auth(*auth)
            if data:
                # As the official client's own HTTP client encodes it.
                request = request.body_bytes(urlencode(_pairs(data)).encode())
            if timeout is not None:
                request = request.timeout(timedelta(seconds=timeout))
            ready = request.build()
        except (BuilderError, ValueError) as error:
            raise NeverLeftError("request", f"the request cannot be made: {error}") from error
        return await self._answer(ready)

    def target(self, uri: str) -> Url:
        """Gives the address that an address of Twilio's stands for here. Raises NeverLeftError."""
        return Url(self._target(uri, None))

    async def post(self, target: Url, headers: HeaderMap, form: bytes) -> Response:
        """Posts a ready-made form and gives its answer, whatever the status. Raises WireError."""
        try:
            ready = self._client().post(target).headers(headers).body_bytes(form).build()
        except (BuilderError, ValueError) as error:
            raise NeverLeftError("request", f"the request cannot be made: {error}") from error
        return await self._answer(ready)

    async def _answer(self, request: ConsumedRequest) -> Response:
        try:
            got = await request.send()
            self.date = got.headers.get("date")
            return Response(got.status, await got.text(), got.headers)
        except PyreqwestError as error:
            raise _named(error) from error

    async def close(self) -> None:
        """Closes every connection. Calls after it raise NeverLeftError; calling it again does nothing."""
        self._closed = True
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()
            await asyncio.sleep(LAST_WORDS)

    def _client(self) -> Client:
        if self._closed:
            raise NeverLeftError("closed", "the connections to Twilio have been closed")
        if self._wire is None:
            self._wire = (
                ClientBuilder()
                .connect_timeout(self._connect)
                .read_timeout(self._read)
                .timeout(self._connect + self._read)
                .pool_idle_timeout(timedelta(seconds=IDLE))
                .follow_redirects(enable=False)
                .referer(enable=False)
                .no_proxy()
                .build()
            )
        return self._wire

    def _target(self, uri: str, params: dict[str, object] | None) -> str:
        if self._api_url is not None:
            uri = f"{self._api_url}/{uri.split('/', 3)[3]}"
        elif not (urlsplit(uri).hostname or "").endswith(".twilio.com"):
            # A page of a list names the next one by its whole address; credentials go nowhere but to Twilio.
            raise NeverLeftError("request", "the address is not one of Twilio's")
        if params:
            uri = f"{uri}{'&' if '?' in uri else '?'}{urlencode(_pairs(params))}"
        return uri


def _pairs(fields: dict[str, object]) -> list[tuple[str, str]]:
    """Gives fields one by one, a list once for each of its items: that is how several MediaUrl are sent."""
    pairs = []
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            pairs += [(name, str(item)) for item in value]
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs


def _named(error: PyreqwestError) -> WireError:
    causes = [cause["message"] for cause in (getattr(error, "details", None) or {}).get("causes") or ()]
    # The first cause repeats the address, which holds phone numbers in look-ups.
    words = ": ".join([error.message, *causes[1:]])
    if NOT_CONNECTED in causes:
        return NeverLeftError("connect", f"no connection to Twilio: {words}")
    if isinstance(error, RequestTimeoutError):
        return MayHaveLeftError("read-timeout", f"no answer from Twilio in time: {words}")
    if isinstance(error, DecodeError):
        return MayHaveLeftError("unreadable", f"Twilio's answer cannot be read: {words}")
    return MayHaveLeftError("reset", f"the connection to Twilio broke: {words}")
