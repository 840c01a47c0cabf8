"""The transport against servers that misbehave below HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import closing

import pytest
from engine_twilio.transport import MayHaveLeftError, NeverLeftError, Transport, WireError
from line_server import CREATED, Line, Serve, serving

URL = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages.json"


async def call(
    api_url: str, calls: int = 1, *, uri: str = URL, connect: float = 2.0, read: float = 2.0
) -> list[WireError | int]:
    transport = Transport(api_url=api_url, connect=connect, read=read)
    got: list[WireError | int] = []
    try:
        for _ in range(calls):
            try:
                answer = await transport.request("POST", uri, data={"To": "+14155550101"}, auth=("a", "b"))
                got.append(answer.status_code)
            except WireError as error:
                got.append(error)
    finally:
        await transport.close()
    return got


def hang_up(line: Line) -> None:
    line.abort()


def finish(line: Line) -> None:
    line.socket.close()


def silence(line: Line) -> None:
    line.over.wait()
    line.abort()


def noise(line: Line) -> None:
    line.write(b"what?\r\n\r\n")
    line.socket.close()


def half(line: Line) -> None:
    line.write(CREATED + b"Content-Length: 100\r\n\r\n{")
    line.socket.close()


def half_then_silence(line: Line) -> None:
    line.write(CREATED + b"Content-Length: 100\r\n\r\n{")
    silence(line)


def drip(line: Line) -> None:
    line.write(CREATED + b"Content-Length: 1000\r\n\r\n")
    while not line.over.wait(0.05):
        line.write(b" ")
    line.abort()


def bad_compression(line: Line) -> None:
    line.write(CREATED + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")


@pytest.mark.parametrize(
    ("serve", "code"),
    [
        (hang_up, "reset"),
        (finish, "reset"),
        (silence, "read-timeout"),
        (noise, "unreadable"),
        (half, "unreadable"),
        (half_then_silence, "read-timeout"),
        (drip, "read-timeout"),  # each piece in time, the whole never
        (bad_compression, "unreadable"),
    ],
)
def test_whatever_happens_after_the_request_left_is_unknown(serve: Serve, code: str) -> None:
    with serving(serve) as server:
        [error] = asyncio.run(call(f"http://127.0.0.1:{server.port}", connect=0.5, read=0.4))
        assert isinstance(error, MayHaveLeftError)
        assert error.code == code
        assert server.requests == 1, "a POST was repeated"


def test_a_broken_connection_that_was_kept_alive_is_not_tried_again() -> None:
    def once(line: Line) -> None:
        if line.number == 1:
            line.write(CREATED + b"Content-Length: 2\r\n\r\n{}")
        else:
            line.abort()

    with serving(once) as server:
        first, error = asyncio.run(call(f"http://127.0.0.1:{server.port}", 2))
        assert first == 201
        assert isinstance(error, MayHaveLeftError)
        assert (error.code, server.requests) == ("reset", 2)


def test_redirects_are_not_followed() -> None:
    def elsewhere(line: Line) -> None:
        line.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    with serving(elsewhere) as server:
        assert asyncio.run(call(f"http://127.0.0.1:{server.port}")) == [307]
        assert server.requests == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    def well(line: Line) -> None:
        line.write(CREATED + b"Content-Length: 2\r\n\r\n{}")

    with serving(well) as server:
        assert asyncio.run(call(f"http://127.0.0.1:{server.port}")) == [201]


def test_a_closed_port_is_no_doubt() -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        _never_left(f"http://127.0.0.1:{unused.getsockname()[1]}")


def test_a_host_without_an_address_is_no_doubt() -> None:
    _never_left("https://twilio.invalid")


def test_a_connection_that_takes_too_long_is_no_doubt() -> None:
    with closing(socket.socket()) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        queue = [socket.socket() for _ in range(8)]
        for waiting in queue:
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        _never_left(f"http://127.0.0.1:{full.getsockname()[1]}", connect=0.3)
        for waiting in queue:
            waiting.close()


def test_a_tls_handshake_that_takes_too_long_is_no_doubt() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        _never_left(f"https://127.0.0.1:{deaf.getsockname()[1]}", connect=0.3)


def _never_left(api_url: str, *, connect: float = 2.0) -> None:
    [error] = asyncio.run(call(api_url, connect=connect))
    assert isinstance(error, NeverLeftError)
    assert error.code == "connect"


@pytest.mark.parametrize("uri", ["https://evil.example/2010-04-01/x.json", "https://twilio.com.evil.example/x"])
def test_credentials_go_to_twilio_only(uri: str) -> None:
    async def use() -> None:
        transport = Transport()
        try:
            await transport.request("GET", uri, auth=("a", "b"))
        finally:
            await transport.close()

    with pytest.raises(NeverLeftError) as caught:
        asyncio.run(use())
    assert caught.value.code == "request"


def test_nothing_leaves_after_closing() -> None:
    async def use() -> None:
        transport = Transport()
        await transport.close()
        await transport.request("POST", URL)

    with pytest.raises(NeverLeftError) as caught:
        asyncio.run(use())
    assert caught.value.code == "closed"


def test_closing_in_the_middle_of_a_call_is_a_doubt() -> None:
    arrived = threading.Event()

    def wait(line: Line) -> None:
        arrived.set()
        silence(line)

    async def close_early(port: int) -> None:
        transport = Transport(api_url=f"http://127.0.0.1:{port}")
        call = asyncio.ensure_future(transport.request("POST", URL, data={"To": "+14155550101"}))
        await asyncio.to_thread(arrived.wait)
        await transport.close()
        with pytest.raises(MayHaveLeftError):
            await call

    with serving(wait) as server:
        asyncio.run(close_early(server.port))


def test_errors_do_not_repeat_the_address() -> None:
    # The address of a look-up holds the recipient's number.
    [error] = asyncio.run(call("http://127.0.0.1:9", uri=f"{URL}?To=%2B14155550101"))
    assert isinstance(error, WireError)
    assert "4155550101" not in str(error)


@pytest.mark.parametrize(
    ("uri", "headers"),
    [
        (f"{URL}?a=1 2", {}),
        (f"{URL}\r\nX: y", {}),
        (URL, {"X": "y\r\nZ: z"}),
        (URL, {"X\r\nZ: z": "y"}),
        (URL, {"X": "\u20ac"}),
        ("https://api.twilio.com:port/x/y", {}),
    ],
)
def test_nothing_is_written_that_could_be_read_as_more(uri: str, headers: dict[str, str]) -> None:
    async def use() -> None:
        transport = Transport()
        try:
            await transport.request("GET", uri, headers=headers)
        finally:
            await transport.close()

    with pytest.raises(NeverLeftError) as caught:
        asyncio.run(use())
    assert caught.value.code == "request"
