"""Asking addresses that somebody else wrote: only what is public, once, and no longer than it may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from web_server import network_at, serving

from engine.network import FetchError, Network, Refusal, fetch, is_loopback, is_public, local_network, public_network

BODY = b"0123456789abcdef"


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012 # the standard library's handlers are classes

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.seen.append((self.command, self.path, dict(self.headers), sent))
        if self.path == "/slow":
            return self.drip()
        status = int(self.path.strip("/").partition("?")[0] or "200")
        self.send_response(status)
        self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        try:
            self.wfile.write(BODY)
        except OSError:
            return None  # the reader had enough
        return None

    def do_POST(self) -> None:
        self.do_GET()

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


@pytest.fixture
def port() -> Iterator[int]:
    Handler.seen.clear()
    with serving(Handler) as port:
        yield port


@pytest.fixture
def network(port: int) -> Network:
    return network_at(port)


def kind_of(url: str, network: Network) -> Refusal:
    with pytest.raises(FetchError) as caught:
        fetch(url, network, max_bytes=10)
    return caught.value.kind


def test_a_question_and_its_answer(network: Network, port: int) -> None:
    answer = fetch(
        "https://crm.acme.example/200?a=é b",
        network,
        max_bytes=4,
        method="POST",
        headers={"Content-Type": "application/json"},
        body=b"{}",
    )
    assert (answer.status, answer.body, answer.retry_after) == (200, BODY[:5], "7")
    ((method, path, headers, body),) = Handler.seen
    assert (method, path, body) == ("POST", "/200?a=%C3%A9%20b", b"{}")
    assert (headers["Host"], headers["Content-Type"], headers["Content-Length"]) == (
        "crm.acme.example",
        "application/json",
        "2",
    )


@pytest.mark.parametrize("status", [204, 301, 302, 307, 410, 500])
def test_no_redirect_is_followed_and_only_a_200_is_read(network: Network, status: int) -> None:
    answer = fetch(f"https://crm.acme.example/{status}", network, max_bytes=10)
    assert (answer.status, answer.body) == (status, b"")
    assert len(Handler.seen) == 1


def test_bytes_that_drip_do_not_outlast_the_time(network: Network) -> None:
    quick = Network(network.resolve, network.is_allowed, network.secure, network.port, seconds=0.3)
    assert kind_of("https://crm.acme.example/slow", quick) is Refusal.UNREACHABLE


def test_a_resolver_that_hangs_does_not_outlast_the_time(network: Network) -> None:
    release = threading.Event()

    def resolve(host: str) -> list[str]:
        release.wait()
        return []

    quick = Network(resolve, network.is_allowed, network.secure, network.port, seconds=0.1)
    kind = kind_of("https://crm.acme.example/", quick)
    release.set()
    assert kind is Refusal.UNREACHABLE


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"]],
    ids=["loopback", "one-private", "one-loopback"],
)
def test_one_private_address_is_enough_to_refuse(network: Network, addresses: list[str]) -> None:
    guarded = Network(lambda host: addresses, is_public, network.secure, network.port)
    assert kind_of("https://rebound.example/", guarded) is Refusal.ADDRESS
    assert Handler.seen == []


def test_the_connection_goes_to_the_address_that_was_judged(network: Network) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])  # a name that answers differently the second time
    once = Network(lambda host: next(answers), lambda a: a == "127.0.0.1", network.secure, network.port)
    assert fetch("https://rebound.example/", once, max_bytes=10).body == BODY[:11]


def test_the_name_is_kept_for_the_certificate(network: Network) -> None:
    names = []

    def secure(plain: object, host: str) -> object:
        names.append(host)
        return plain

    asked = Network(network.resolve, network.is_allowed, secure, network.port)  # type: ignore[arg-type]  # plain is good enough
    fetch("https://bücher.example/", asked, max_bytes=10)
    assert names == ["xn--bcher-kva.example"]


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
    assert not is_loopback(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.acme.example/a",
        "https://crm.acme.example:8443/a",
        "https://me@crm.acme.example/a",
        "https:///a",
        "https://crm.acme.example:x/a",
        "https://" + "a" * 70 + ".example/a",  # no label has more than 63 characters
        "file:///etc/passwd",
    ],
)
def test_only_https_on_443(network: Network, url: str) -> None:
    assert kind_of(url, Network(network.resolve, network.is_allowed, network.secure)) is Refusal.URL


def test_the_real_network_is_the_public_one() -> None:
    network = public_network()
    assert (network.port, network.is_allowed) == (443, is_public)
    assert kind_of("https://localhost/", network) is Refusal.ADDRESS


def test_this_machine_alone_for_development(port: int) -> None:
    network = local_network()
    assert fetch(f"http://127.0.0.1:{port}/", network, max_bytes=0).status == 200
    assert Handler.seen[0][2]["Host"] == f"127.0.0.1:{port}"
    assert kind_of("http://10.0.0.1/", network) is Refusal.ADDRESS
    assert kind_of("ftp://127.0.0.1/", network) is Refusal.URL
