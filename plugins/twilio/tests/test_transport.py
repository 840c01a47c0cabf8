"""The transport against servers that misbehave below HTTP."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from engine_twilio.connections import _trust
from engine_twilio.transport import MayHaveLeftError, NeverLeftError, Transport, WireError

URL = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages.json"
CREATED = b"HTTP/1.1 201 Created\r\n"


@dataclass
class Line:
    """A connection whose request has been read."""

    socket: socket.socket
    over: threading.Event
    number: int  # of the request, 1 for the first

    def write(self, data: bytes) -> None:
        self.socket.sendall(data)

    def abort(self) -> None:
        """Closes with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Serve = Callable[[Line], object]


@dataclass
class Server:
    port: int
    lines: int = 0  # connections that were made
    requests: int = 0
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(serve: Serve, identity: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Runs a server that reads each request and leaves its answer to `serve`, which is done when the line is closed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = Server(listener.getsockname()[1])
        threads: list[threading.Thread] = []

        def handle(plain: socket.socket) -> None:
            with plain, suppress(OSError), identity.wrap_socket(plain, True) if identity else plain as line:
                while line.fileno() >= 0 and _read_request(line):
                    server.requests += 1
                    serve(Line(line, server.over, server.requests))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    server.lines += 1
                    threads.append(threading.Thread(target=handle, args=(line,)))
                    threads[-1].start()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield server
        finally:
            server.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _read_request(line: socket.socket) -> bool:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = line.recv(4096)
        if not piece:
            return False
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(int(h[15:]) for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:"))
    while len(body) < length:
        body += line.recv(4096)
    return True


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


def answers(*answer: bytes) -> Serve:
    """Writes an answer in pieces."""

    def serve(line: Line) -> None:
        for piece in answer:
            line.write(piece)
        if b"close" in answer[0]:
            line.socket.close()

    return serve


async def texts(api_url: str, calls: int) -> list[tuple[int, str]]:
    transport = Transport(api_url=api_url, read=2.0)
    try:
        got = [await transport.request("POST", URL, data={"To": "+14155550101"}) for _ in range(calls)]
    finally:
        await transport.close()
    return [(answer.status_code, answer.text) for answer in got]


@pytest.mark.parametrize(
    "serve",
    [
        answers(CREATED + b"Content-Length: 6\r\n\r\n", b"w", b"hole", b"!"),
        answers(CREATED + b"Transfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n", b"4\r\nole!\r\n0\r\n\r\n"),
        answers(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", CREATED + b"Content-Length: 6\r\n\r\nwhole!"),
    ],
    ids=["length", "chunks", "interim"],
)
def test_an_answer_is_read_however_it_is_cut_and_its_connection_kept(serve: Serve) -> None:
    with serving(serve) as server:
        assert asyncio.run(texts(f"http://127.0.0.1:{server.port}", 3)) == [(201, "whole!")] * 3
        assert server.lines == 1


def test_the_end_of_a_connection_is_the_end_of_an_answer_without_a_length() -> None:
    with serving(answers(CREATED + b"Connection: close\r\n\r\n", b"whole!")) as server:
        assert asyncio.run(texts(f"http://127.0.0.1:{server.port}", 2)) == [(201, "whole!")] * 2
        assert server.lines == 2


def test_what_nobody_asked_for_is_nobody_s_answer() -> None:
    def twice(line: Line) -> None:
        line.write(CREATED + b"Content-Length: 5\r\n\r\nright" + CREATED + b"Content-Length: 5\r\n\r\nwrong")

    with serving(twice) as server:
        assert asyncio.run(texts(f"http://127.0.0.1:{server.port}", 3)) == [(201, "right")] * 3
        assert server.lines == 3


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_twilio.connections.MOST", 1000)

    def endless(line: Line) -> None:
        line.write(CREATED + b"Connection: close\r\n\r\n")
        while True:
            line.write(b" " * 100)

    with serving(endless) as server:
        [error] = asyncio.run(call(f"http://127.0.0.1:{server.port}"))
    assert isinstance(error, MayHaveLeftError)
    assert error.code == "unreadable"


def test_a_connection_that_was_unused_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine_twilio.connections.IDLE", -1.0)
    with serving(answers(CREATED + b"Content-Length: 2\r\n\r\n{}")) as server:
        assert asyncio.run(texts(f"http://127.0.0.1:{server.port}", 2)) == [(201, "{}")] * 2
        assert server.lines == 2


def test_who_gives_up_waiting_leaves_no_answer_behind() -> None:
    def slow(line: Line) -> None:
        line.over.wait(0.2)
        with suppress(OSError):
            line.write(CREATED + b"Content-Length: 1\r\n\r\n%d" % line.number)

    async def use(port: int) -> str:
        transport = Transport(api_url=f"http://127.0.0.1:{port}")
        try:
            with pytest.raises(MayHaveLeftError):
                await transport.request("POST", URL, data={"To": "+14155550101"}, timeout=0.05)
            return str((await transport.request("POST", URL, data={"To": "+14155550101"})).text)
        finally:
            await transport.close()

    with serving(slow) as server:
        assert asyncio.run(use(server.port)) == "2"
        assert server.lines == 2


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


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_only_a_server_that_proves_who_it_is_is_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def ask(host: str, *, trust: bool) -> WireError | int:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem") if trust else os.devnull)
        _trust.cache_clear()
        with serving(answers(CREATED + b"Content-Length: 2\r\n\r\n{}"), identity) as server:
            [got] = asyncio.run(call(f"https://{host}:{server.port}"))
            assert server.requests == (got == 201)
        return got

    assert ask("localhost", trust=True) == 201
    assert isinstance(ask("localhost", trust=False), NeverLeftError)
    assert isinstance(ask("127.0.0.1", trust=True), NeverLeftError)  # the certificate is another name's
    _trust.cache_clear()
