from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import click
import engine_mms
import pytest
from click.testing import CliRunner
from engine_mms.look import look, sniff
from web_server import network_at, serving

from engine import Network

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 100
GIF = b"GIF89a" + b"\0" * 100

ANSWERS: dict[str, tuple[int, str, bytes]] = {
    "/card.png": (200, "image/png", PNG),
    "/card.jpg": (200, "image/jpeg", JPEG),
    "/card.gif": (200, "image/gif", GIF),
    "/page.png": (200, "text/html", b"<html>"),
    "/mislabelled.png": (200, "image/jpeg", PNG),
    "/renamed.png": (200, "image/png", JPEG),
    "/empty.png": (200, "image/png", b""),
    "/moved.png": (302, "image/png", b""),
    "/gone.png": (404, "text/html", b""),
    "/large.png": (200, "image/png", PNG + b"\0" * 600_000),
    "/huge.png": (200, "image/png", PNG + b"\0" * 5_000_000),
}


class Handler(BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012 # the standard library's handlers are classes

    def do_GET(self) -> None:
        self.seen.append(f"{self.headers['Host']}{self.path}")
        status, kind, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "https://elsewhere.example/card.png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # the reader had enough


@pytest.fixture
def port() -> Iterator[int]:
    Handler.seen.clear()
    with serving(Handler) as port:
        yield port


@pytest.fixture
def network(port: int) -> Network:
    return network_at(port)


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/card.png", []),
        ("/card.jpg", []),
        ("/card.gif", []),
        ("/page.png", ["media.content-type", "media.content"]),
        ("/mislabelled.png", ["media.content-type"]),
        ("/renamed.png", ["media.content"]),
        ("/empty.png", ["media.content"]),
        ("/moved.png", ["media.redirect"]),
        ("/gone.png", ["media.status"]),
        ("/large.png", ["media.large"]),
        ("/huge.png", ["media.too-large"]),
    ],
)
def test_what_is_there(network: Network, path: str, codes: list[str]) -> None:
    assert [finding.code for finding in look(f"https://cdn.acme.example{path}", network)] == codes
    assert Handler.seen == [f"cdn.acme.example{path}"]  # asked once, for the host by name, no redirect followed


def test_nothing_is_fetched_for_an_address_that_is_wrong(network: Network) -> None:
    assert [finding.code for finding in look("https://cdn.acme.example/card.webp", network)] == ["media.format"]
    assert Handler.seen == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (b"GIF87a", "image/gif"),
        (b"RIFF", None),
        (b"", None),
    ],
)
def test_sniff(content: bytes, kind: str | None) -> None:
    assert sniff(content) == kind


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    @click.group()
    def cli() -> None: ...

    engine_mms.register_commands(cli)

    def invoke(*args: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["media", *args], standalone_mode=False)
        return result.return_value, result.output

    return invoke


def test_the_command_refuses_this_machine(run: Callable[..., tuple[int, str]]) -> None:
    code, output = run("check", "https://localhost/card.png", "https://[::1]/a.gif", "--format", "json")
    document = json.loads(output)
    assert code == 3
    assert document["version"] == 1
    assert [[f["code"] for f in item["findings"]] for item in document["media"]] == [["media.address"]] * 2


def test_the_command_prints_text(run: Callable[..., tuple[int, str]]) -> None:
    code, output = run("check", "https://cdn.acme.example/card.webp")
    assert code == 3
    assert "[media.format]" in output
