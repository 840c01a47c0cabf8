"""Asking an address that somebody else wrote, without being led into one's own network.

The host is resolved once; if any of its addresses is not public the call ends there, and otherwise the connection
goes to the very address that was judged, under the host's name. Only https on port 443, no redirects, so many bytes
and so many seconds.
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HTTPS = 443
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215


class Refusal(StrEnum):
    """Why an address was not asked, or gave no answer."""

    URL = "url"  # it is no address that is ever asked
    ADDRESS = "address"  # its host is not on the public internet
    UNREACHABLE = "unreachable"  # no answer


class FetchError(Exception):
    """The address must not be, or could not be, asked. `kind` says which."""

    def __init__(self, kind: Refusal, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """What came. `body` is that of a 200, and holds at most one byte more than was asked for."""

    status: int
    content_type: str
    body: bytes
    retry_after: str = ""  # the header, as it came


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the outside. The defaults are the only safe ones; tests point it at a server of their own."""

    resolve: Callable[[str], Sequence[str]]
    is_allowed: Callable[[str], bool]
    secure: Callable[[socket.socket, str], socket.socket]
    port: int | None = HTTPS  # None: the one in the address, and plain http as well
    seconds: float = 5.0


def public_network(*, seconds: float = 5.0) -> Network:
    """Gives the real network."""
    return Network(resolve=_resolve, is_allowed=is_public, secure=_secured(), seconds=seconds)


def local_network(*, seconds: float = 5.0) -> Network:
    """Gives this machine alone, on any port and over plain http, too: for development."""
    return Network(resolve=_resolve, is_allowed=is_loopback, secure=_secured(), port=None, seconds=seconds)


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


def is_loopback(address: str) -> bool:
    """True for an address of this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def fetch(
    url: str,
    network: Network,
    *,
    max_bytes: int,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Asks an address once and gives what came. Headers are ASCII. Raises FetchError."""
    deadline = time.monotonic() + network.seconds
    where = _parse(url, network)
    address = _choose(where.host, network, deadline)
    try:
        with (
            socket.create_connection((address, where.port), timeout=_left(deadline)) as plain,
            network.secure(plain, where.host) if where.secure else plain as wire,
        ):
            wire.settimeout(_left(deadline))
            wire.sendall(_head(method, where, headers or {}, body) + (body or b""))
            return _answer(wire, method, max_bytes, deadline)
    except TimeoutError as error:
        raise _too_slow() from error
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(Refusal.UNREACHABLE, f"{where.host} could not be reached: {error}") from error


@dataclass(frozen=True, slots=True)
class _Where:
    host: str
    port: int
    named: str  # host and port as the Host header has them
    target: str
    secure: bool


def _parse(url: str, network: Network) -> _Where:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
    except ValueError as error:
        raise FetchError(Refusal.URL, "the address names no host") from error
    any_port = network.port is None
    if (
        parts.scheme not in (("https", "http") if any_port else ("https",))
        or not (any_port or port in (None, HTTPS))
        or parts.username is not None
        or not host
    ):
        raise FetchError(Refusal.URL, "only https addresses on port 443, without a user name, are asked")
    secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = f"[{host}]" if ":" in host else host
    return _Where(
        host,
        network.port or port or (HTTPS if secure else http.client.HTTP_PORT),
        f"{named}:{port}" if port not in (None, HTTPS) else named,
        quote(target, safe="/?&=%+:@!$'()*,;~-._[]"),
        secure,
    )


def _choose(host: str, network: Network, deadline: float) -> str:
    addresses = _in_time(lambda: network.resolve(host), deadline)
    if not addresses:
        raise FetchError(Refusal.UNREACHABLE, f"the host {host} has no address")
    for address in addresses:
        if not network.is_allowed(address):
            where = "on this machine" if network.port is None else "on the public internet"
            raise FetchError(Refusal.ADDRESS, f"the host {host} is not {where}")
    return addresses[0]


def _secured() -> Callable[[socket.socket, str], socket.socket]:
    context = ssl.create_default_context()
    return lambda plain, host: context.wrap_socket(plain, server_hostname=host)


def _resolve(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
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


def _head(method: str, where: _Where, headers: Mapping[str, str], body: bytes | None) -> bytes:
    sent = {"Host": where.named, "User-Agent": "engine-sms", **headers}
    sent |= {"Content-Length": str(len(body))} if body is not None else {}
    sent |= {"Accept-Encoding": "identity", "Connection": "close"}
    lines = [f"{method} {where.target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _answer(wire: socket.socket, method: str, max_bytes: int, deadline: float) -> Answer:
    response = http.client.HTTPResponse(cast("socket.socket", _Wire(wire, deadline)), method=method)
    try:
        response.begin()
        body = response.read(max_bytes + 1) if max_bytes and response.status == http.client.OK else b""
        content_type = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        return Answer(response.status, content_type, body, response.headers.get("Retry-After", ""))
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
    return FetchError(Refusal.UNREACHABLE, "it took too long to answer")
