"""Connections: how answers are read, which are used again, and whom they trust."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from engine_twilio.connections import _trust
from engine_twilio.transport import MayHaveLeftError, NeverLeftError, Transport, WireError
from line_server import CREATED, Line, Serve, serving

URL = "https://api.twilio.com/2010-04-01/Accounts/AC/Messages.json"


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

    with serving(endless) as server, pytest.raises(MayHaveLeftError) as caught:
        asyncio.run(texts(f"http://127.0.0.1:{server.port}", 1))
    assert caught.value.code == "unreadable"


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


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_only_a_server_that_proves_who_it_is_is_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem"))
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    def ask(host: str, *, trust: bool) -> WireError | None:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem") if trust else os.devnull)
        _trust.cache_clear()
        with serving(answers(CREATED + b"Content-Length: 2\r\n\r\n{}"), identity) as server:
            try:
                assert asyncio.run(texts(f"https://{host}:{server.port}", 1)) == [(201, "{}")]
            except WireError as error:
                assert server.requests == 0
                return error
        return None

    assert ask("localhost", trust=True) is None
    assert isinstance(ask("localhost", trust=False), NeverLeftError)
    assert isinstance(ask("127.0.0.1", trust=True), NeverLeftError)  # the certificate is another name's
    _trust.cache_clear()
