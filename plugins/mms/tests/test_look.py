from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
import engine_mms
import pytest
from click.testing import CliRunner
from engine_mms.look import look, sniff
from engine_mms.network import FetchError, Network, fetch, is_public, public_network

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
        if self.path == "/slow.png":
            return self.drip()
        status, kind, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "https://elsewhere.example/card.png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return None  # the reader had enough
        return None

    def drip(self) -> None:
        """Sends a header without end, one byte at a time."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    def log_message(self, *args: object) -> None:
        return None


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Handler.seen.clear()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def network(port: int) -> Network:
    return Network(
        resolve=lambda host: ["127.0.0.1"],
        is_allowed=lambda address: True,
        secure=lambda plain, host: plain,
        port=port,
    )


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


def test_bytes_that_drip_do_not_outlast_the_time(network: Network) -> None:
    quick = Network(network.resolve, network.is_allowed, network.secure, network.port, seconds=0.3)
    assert [finding.code for finding in look("https://cdn.acme.example/slow.png", quick)] == ["media.unreachable"]


def test_a_resolver_that_hangs_does_not_outlast_the_time(network: Network) -> None:
    release = threading.Event()

    def resolve(host: str) -> list[str]:
        release.wait()
        return []

    quick = Network(resolve, network.is_allowed, network.secure, network.port, seconds=0.1)
    with pytest.raises(FetchError) as caught:
        fetch("https://cdn.acme.example/card.png", quick, max_bytes=10)
    release.set()
    assert caught.value.code == "media.unreachable"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"]],
    ids=["loopback", "one-private", "one-loopback"],
)
def test_one_private_address_is_enough_to_refuse(network: Network, addresses: list[str]) -> None:
    guarded = Network(lambda host: addresses, is_public, network.secure, network.port)
    with pytest.raises(FetchError) as caught:
        fetch("https://rebound.example/card.png", guarded, max_bytes=10)
    assert caught.value.code == "media.address"
    assert Handler.seen == []


def test_the_connection_goes_to_the_address_that_was_judged(network: Network) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])  # a name that answers differently the second time
    once = Network(lambda host: next(answers), lambda a: a == "127.0.0.1", network.secure, network.port)
    assert fetch("https://rebound.example/card.png", once, max_bytes=10).body == PNG[:11]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "not an address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.acme.example/a.png",
        "https://cdn.acme.example:8443/a.png",
        "https://me@cdn.acme.example/a.png",
        "https:///a.png",
        "https://cdn.acme.example:x/a.png",
        "https://" + "a" * 70 + ".example/a.png",  # no label has more than 63 characters
        "file:///etc/passwd.png",
    ],
)
def test_only_https_on_443(network: Network, url: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(url, network, max_bytes=10)
    assert caught.value.code == "media.url"


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


def test_the_real_network_checks_certificates() -> None:
    network = public_network()
    assert (network.port, network.is_allowed) == (443, is_public)
