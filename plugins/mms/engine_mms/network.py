"""Fetching an address that somebody else wrote, without being led into one's own network.

The host is resolved once; if any of its addresses is not public the look ends there, and otherwise the connection
goes to the very address that was judged. Only https on port 443, no redirects, so many bytes and so many seconds.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215


class FetchError(Exception):
    """The address must not be, or could not be, looked at. `code` names the finding."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """What came. `body` holds at most one byte more than was asked for."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside. The defaults are the only safe ones; tests point it at a server of their own."""

    resolve: Callable[[str], Sequence[str]]
    is_allowed: Callable[[str], bool]
    secure: Callable[[socket.socket, str], socket.socket]
    port: int = 443
    seconds: float = 5.0


def public_network() -> Network:
    """Gives the real network."""
    context = ssl.create_default_context()
    return Network(
        resolve=_resolve,
        is_allowed=is_public,
        secure=lambda plain, host: context.wrap_socket(plain, server_hostname=host),
    )


def is_public(address: str) -> bool:
    """True for an address on the public internet. IPv4 inside IPv6 counts as what it holds."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None:
            return is_public(str(ip.sixtofour))
        if ip.teredo is not None or ip in NAT64_LOCAL:
            return False
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def fetch(url: str, network: Network, *, max_bytes: int) -> Answer:
    """Gets what is at an https address. Raises FetchError."""
    deadline = time.monotonic() + network.seconds
    host, target = _parts(url)
    address = _choose(host, network, deadline)
    try:
        with (
            socket.create_connection((address, network.port), timeout=_left(deadline)) as plain,
            network.secure(plain, host) as secured,
        ):
            return _ask(secured, host, target, max_bytes, deadline)
    except TimeoutError as error:
        raise _too_slow() from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError("media.unreachable", f"{host} could not be reached: {error}") from error


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError as error:
        raise FetchError("media.url", "the address names no host") from error
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None or not host:
        raise FetchError("media.url", "only https addresses on port 443, without a user name, are looked at")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, quote(target, safe="/?&=%+:@!$'()*,;~-._[]")


def _choose(host: str, network: Network, deadline: float) -> str:
    addresses = _in_time(lambda: network.resolve(host), deadline)
    if not addresses:
        raise FetchError("media.unreachable", f"the host {host} has no address")
    for address in addresses:
        if not network.is_allowed(address):
            raise FetchError("media.address", f"the host {host} is not on the public internet")
    return addresses[0]


def _resolve(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return [str(item[4][0]) for item in found]


def _in_time(work: Callable[[], Sequence[str]], deadline: float) -> Sequence[str]:
    # The system's resolver takes no time limit; a thread that it keeps waiting does not keep the process alive.
    done: queue.SimpleQueue[Sequence[str]] = queue.SimpleQueue()
    threading.Thread(target=lambda: done.put(work()), daemon=True).start()
    try:
        return done.get(timeout=_left(deadline))
    except queue.Empty as error:
        raise _too_slow() from error


def _ask(wire: socket.socket, host: str, target: str, max_bytes: int, deadline: float) -> Answer:
    wire.settimeout(_left(deadline))
    wire.sendall(
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: engine-sms\r\nAccept: image/*\r\n"
        "Accept-Encoding: identity\r\nConnection: close\r\n\r\n".encode("ascii")
    )
    response = http.client.HTTPResponse(cast("socket.socket", _Wire(wire, deadline)), method="GET")
    try:
        response.begin()
        body = response.read(max_bytes + 1) if response.status == http.client.OK else b""
        content_type = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        return Answer(response.status, content_type, body)
    finally:
        response.close()


class _Wire:
    """What HTTPResponse reads from: a socket whose every read ends by one deadline, however slowly bytes drip."""

    def __init__(self, wire: socket.socket, deadline: float) -> None:
        self._wire = wire
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._wire, self._deadline))


class _Reader(io.RawIOBase):
    def __init__(self, wire: socket.socket, deadline: float) -> None:
        super().__init__()
        self._wire = wire
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        self._wire.settimeout(_left(self._deadline))
        return self._wire.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _too_slow()
    return left


def _too_slow() -> FetchError:
    return FetchError("media.unreachable", "it took too long to answer")
