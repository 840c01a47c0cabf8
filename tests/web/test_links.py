"""Short links over HTTP, as telephones ask for them: where they lead, and what is learned where they lead nowhere."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from links_shop import CLIENT, Answer, Served, erase, link, sent, served, shop_with_links

OTHER = "https://go.other.example"
EXPIRED = replace(link("expired123"), expires_at=datetime.now(UTC) - timedelta(seconds=1))
LINKS = {
    "card": link("abcdefghij", "https://acme.example/card?id=1&sig=a%2Bb#top"),
    "menu": link("second1234", "https://acme.example/menu", 1),
    "foreign": link("third12345", "https://münchen.example/grüße?q=ä", 2),
    "expired": replace(EXPIRED, position=3),
    "path": link("fourth1234", "https://acme.example/a", 4, domain="https://acme.example/go"),
    "local": link("fifth12345", "https://acme.example/b", 5, domain="http://localhost:8000"),
}
PRIVATE = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
}


def asking(line: bytes) -> bytes:
    """A request that begins so."""
    return line + b"\r\nHost: go.acme.example\r\n" + CLIENT.encode() + b"\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = shop_with_links(tmp_path_factory.mktemp("links"), *LINKS.values(), client_header=CLIENT)
    sent(made, link("other12345", "https://other.example/x", domain=OTHER), workspace="other", n=24)
    with served(made) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Served]:
    """A server that nobody has asked yet."""
    with served(shop_with_links(tmp_path, LINKS["card"])) as running:
        yield running


def test_leads_to_the_destination(shop: Served) -> None:
    answer = shop.get("/abcdefghij")
    assert answer == Answer(302, {"location": LINKS["card"].url, "content-length": "0", **PRIVATE}, b"")


@pytest.mark.parametrize("path", ["/abcdefghij", "/nothing123", "/expired123"])
def test_head_tells_the_same(shop: Served, path: str) -> None:
    asked, headers_alone = shop.get(path), shop.get(path, method="HEAD")
    assert (headers_alone.status, headers_alone.headers) == (asked.status, asked.headers)
    assert headers_alone.body == b""


def test_destinations_are_ascii_in_the_header(shop: Served) -> None:
    assert shop.get("/third12345").headers["location"] == ("https://xn--mnchen-3ya.example/gr%C3%BC%C3%9Fe?q=%C3%A4")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("GO.Acme.EXAMPLE", "/abcdefghij"),
        ("go.acme.example.", "/abcdefghij"),
        ("go.acme.example:443", "/abcdefghij"),
        ("go.acme.example", "/abcdefghij?fbclid=1"),  # what others add to an address
        ("go.other.example", "/other12345"),
        ("acme.example", "/go/fourth1234"),
        ("localhost:8000", "/fifth12345"),
    ],
)
def test_finds_a_link_under_its_domain(shop: Served, host: str, path: str) -> None:
    assert shop.get(path, host=host).status == 302


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("go.other.example", "/abcdefghij"),  # another workspace's
        ("go.acme.example", "/other12345"),
        ("go.acme.example.evil.example", "/abcdefghij"),
        ("evil.example", "/abcdefghij"),
        ("go.acme.example:8443", "/abcdefghij"),
        ("acme.example", "/fourth1234"),  # without the path of its domain
        ("go.acme.example", "/ABCDEFGHIJ"),
        ("", "/abcdefghij"),
    ],
)
def test_knows_it_under_no_other(shop: Served, host: str, path: str) -> None:
    assert shop.get(path, host=host, headers={"X-Forwarded-Host": "go.acme.example"}).status == 404


def test_this_machine_finds_every_workspaces_links(shop: Served) -> None:
    assert shop.get("/abcdefghij", host=shop.local).headers["location"] == LINKS["card"].url
    through_a_proxy = shop.get("/abcdefghij", host=shop.local, headers={"X-Forwarded-For": "203.0.113.7"})
    assert through_a_proxy.status == 404


def test_an_expired_link_is_gone(shop: Served) -> None:
    answer = shop.get("/expired123")
    assert answer.status == 410
    assert PRIVATE.items() <= answer.headers.items()
    assert "location" not in answer.headers


ATTACKS = [
    "/nothing123",
    "/",
    "//evil.example/",
    "//evil.example/%2f..",
    "/\\evil.example",
    "/%5cevil.example",
    "/https://evil.example/",
    "/?url=https://evil.example/",
    "/abcdefghi",
    "/abcdefghij/",
    "/abcdefghij/../second1234",
    "/./abcdefghij",
    "/abcdefghij%0d%0aLocation:%20https://evil.example/",
    "/abcdefghij%00",
    "/%0a/",
    "/x%0d%0aSet-Cookie:%20a=b",
    "/%E2%80%AE%F0%9F%92%A9",
    "/%ff%fe",
    "/abcdefghij%20",
    "/../../etc/passwd",
    "/' OR 1=1 --",
    "/" + "a" * 201,
    "/" + "a" * 8_000,
    "/abcdefghij;@evil.example",
]


@pytest.mark.parametrize("path", ATTACKS, ids=range(len(ATTACKS)))
def test_an_unknown_address_tells_nothing_and_leads_nowhere(shop: Served, path: str) -> None:
    raw = shop.raw(asking(f"GET {path.replace(' ', '%20')} HTTP/1.1".encode()))
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line for line in head.decode().split("\r\n") if not line.startswith(("date:", "connection:"))]
    assert (lines, body) == (
        [
            "HTTP/1.1 404 Not Found",
            "content-type: text/plain; charset=utf-8",
            "content-length: 23",
            "x-content-type-options: nosniff",
            *(f"{name}: {value}" for name, value in PRIVATE.items()),
        ],
        b"There is no such link.\n",
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_link_is_only_read(shop: Served, method: str) -> None:
    assert shop.get("/abcdefghij", method=method).status == 404


@pytest.mark.parametrize(
    "line", [b"GET /abc\xff\xfe HTTP/1.1", b"GET http://evil.example/ HTTP/1.1", b"GET * HTTP/1.1"]
)
def test_what_is_no_request_is_refused(shop: Served, line: bytes) -> None:
    raw = shop.raw(asking(line))
    assert raw.split()[1] in (b"400", b"404")
    assert b"location:" not in raw.lower()


def test_links_of_who_was_erased_are_gone(tmp_path: Path) -> None:
    made = shop_with_links(tmp_path, LINKS["card"])
    with served(made) as running:
        assert running.get("/abcdefghij").status == 302
        erase(made, "ada")
        until = time.monotonic() + 10
        while (answer := running.get("/abcdefghij")).status == 302 and time.monotonic() < until:
            time.sleep(0.05)
        assert answer.status == 410
        assert answer == running.get("/abcdefghij")


def test_ten_thousand_guesses_get_nowhere(fresh: Served) -> None:
    guess = b"GET /%010d HTTP/1.1\r\nHost: go.acme.example\r\n\r\n"
    began = time.monotonic()
    answers: Counter[bytes] = Counter()
    for start in range(0, 10_000, 2_000):
        requests = b"".join(guess % n for n in range(start, start + 1_999))
        last = b"GET /abcdefghij HTTP/1.1\r\nHost: go.acme.example\r\nConnection: close\r\n\r\n"
        raw = fresh.raw(requests + last)
        answers.update(re.findall(rb"HTTP/1\.1 (\d{3})", raw))
        assert b"retry-after: " in raw
        assert b"location: " not in raw, "who guesses is not told what is right either"
    assert sum(answers.values()) == 10_000
    assert set(answers) == {b"404", b"429"}
    assert answers[b"404"] <= 20 + (time.monotonic() - began) / 2 + 1


def test_a_guesser_does_not_stop_others(tmp_path: Path) -> None:
    made = shop_with_links(tmp_path, LINKS["card"], client_header="X-Forwarded-For")

    def ask(path: str, forwarded: str) -> int:
        return running.get(path, headers={"X-Forwarded-For": forwarded}).status

    with served(made) as running:
        guesses = [ask("/nothing123", f"198.51.100.{n}, 203.0.113.7") for n in range(25)]
        assert set(guesses[:20]) == {404}
        assert guesses[-1] == 429, "what a client itself writes into the header does not count"
        assert ask("/abcdefghij", "203.0.113.7") == 429
        assert ask("/abcdefghij", "203.0.113.8") == 302


def test_says_try_again_while_the_state_cannot_be_read(fresh: Served) -> None:
    state = fresh.shop.folder / "state/engine.db"
    state.write_bytes(b"\xff" * state.stat().st_size)
    answer = fresh.get("/abcdefghij")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
