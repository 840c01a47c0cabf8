"""Links: found, checked, shortened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.compose.composer import Composed
from engine.compose.links import allowed, host_of, spans
from engine.errors import ComposeError

Compose = Callable[..., Composed]
NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        ("see https://a.example/x?!", ["https://a.example/x"]),
        ("(https://a.example/x)", ["https://a.example/x"]),
        ("https://a.example/wiki/Coffee_(drink)", ["https://a.example/wiki/Coffee_(drink)"]),
        ("(see https://a.example/wiki/Coffee_(drink))", ["https://a.example/wiki/Coffee_(drink)"]),
        ("[https://a.example]", ["https://a.example"]),
        ("<https://a.example/x>", ["https://a.example/x"]),
        ('"https://a.example/x",', ["https://a.example/x"]),
        ("“https://a.example/x”", ["https://a.example/x"]),
        ("https://a.example/x…", ["https://a.example/x"]),
        ("https://a.example/a,b;c=d&e=f#g.", ["https://a.example/a,b;c=d&e=f#g"]),
        ("https://münchen.example/grüße, ja", ["https://münchen.example/grüße"]),
        ("HTTPS://A.example/X", ["HTTPS://A.example/X"]),
        ("http://a.example", ["http://a.example"]),
        ("https://a.example/x\nhttps://b.example", ["https://a.example/x", "https://b.example"]),
        ("https://a.example\\@b.example", ["https://a.example"]),  # browsers take the backslash for a slash
        ("https://", []),
        ("https://.", []),
        ("acme.example/x and ftp://a.example", []),
    ],
)
def test_finds(text: str, links: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text)] == links


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example/x", "a.example"),
        ("https://A.Example:8443?x", "a.example"),
        ("https://a.example.", "a.example"),
        ("https://münchen.example", "xn--mnchen-3ya.example"),
        ("https://user@a.example", None),
        ("https://a.example@b.example", None),
        ("https://[bad", None),
        ("https://", None),
    ],
)
def test_hosts(url: str, host: str | None) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "hosts", "is_allowed"),
    [
        ("acme.example", ["acme.example"], True),
        ("shop.acme.example", ["acme.example"], False),
        ("shop.acme.example", ["*.acme.example"], True),
        ("a.b.acme.example", ["*.acme.example"], True),
        ("acme.example", ["*.acme.example"], False),
        ("evilacme.example", ["*.acme.example"], False),
        ("acme.example.evil.example", ["acme.example", "*.acme.example"], False),
        ("xn--mnchen-3ya.example", ["münchen.example"], True),
        ("acme.example", ["ACME.example"], True),
        ("acme.example", [], False),
    ],
)
def test_allowed_hosts(host: str, hosts: list[str], is_allowed: bool) -> None:
    assert allowed(host, hosts) is is_allowed


def test_a_preview_shows_stand_ins_of_the_real_length(compose: Compose) -> None:
    template = "Card: https://acme.example/card."
    shown, sent = compose(template), compose(template, message_id="m1")
    (link,) = shown.links
    assert link.short.endswith("abc123")
    assert shown.body == f"Card: {link.short}."
    assert link.url == "https://acme.example/card"
    assert link.expires_at == NOW + timedelta(days=90)
    assert "abc123" not in sent.body
    assert sent.body.startswith("Card: https://go.acme.example/")
    assert (len(sent.body), sent.segments, sent.encoding) == (len(shown.body), shown.segments, shown.encoding)


def test_the_same_destination_twice_is_one_link(compose: Compose) -> None:
    made = compose("https://acme.example/a https://acme.example/b https://acme.example/a", message_id="m1")
    assert [(link.url, link.position) for link in made.links] == [
        ("https://acme.example/a", 0),
        ("https://acme.example/b", 1),
    ]
    first, second, third = made.body.split()
    assert first == third == made.links[0].short
    assert second == made.links[1].short


def test_every_message_has_links_of_its_own(compose: Compose) -> None:
    one, two = (compose("https://acme.example/a", message_id=name) for name in ("m1", "m2"))
    assert one.body != two.body
    assert compose("https://acme.example/a", message_id="m1").body == one.body


@pytest.mark.parametrize(
    ("template", "settings"),
    [
        ({"body": "https://acme.example/a", "shorten_links": False}, {}),
        ("https://acme.example/a", {"links": {"shortener": None, "domain": "https://go.acme.example"}}),
        ("https://acme.example/a", {"links": None}),  # no domain is known
    ],
)
def test_links_stay_long(compose: Compose, template: Any, settings: dict[str, Any]) -> None:
    made = compose(template, **settings)
    assert made.body == "https://acme.example/a"
    assert made.links == ()


def test_the_public_url_is_the_default_domain(compose: Compose) -> None:
    made = compose("https://acme.example/a", links=None, public_url="https://sms.acme.example/")
    assert made.body.startswith("https://sms.acme.example/0")


def test_links_on_the_own_domain_are_short_already(compose: Compose) -> None:
    made = compose("https://go.acme.example/abc", links={"domain": "https://go.acme.example", "allowed_hosts": []})
    assert made.body == "https://go.acme.example/abc"
    assert made.links == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("https://evil.example/x", "link.host-not-allowed"),
        ("https://acme.example@evil.example/x", "link.host-not-allowed"),
        ("https://{{ trigger.host }}/x", "link.host-not-allowed"),
        ("http://acme.example/x", "link.not-https"),
    ],
)
def test_refuses_links(compose: Compose, body: str, reason: str) -> None:
    links = {"domain": "https://go.acme.example", "allowed_hosts": ["acme.example"]}
    with pytest.raises(ComposeError) as caught:
        compose(body, links=links, data={"host": "evil.example"})
    assert caught.value.reason == reason


def test_hosts_are_checked_where_links_stay_long(compose: Compose) -> None:
    with pytest.raises(ComposeError) as caught:
        compose({"body": "https://evil.example", "shorten_links": False}, links={"allowed_hosts": ["acme.example"]})
    assert caught.value.reason == "link.host-not-allowed"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://acme.example/?to=ada@acme.example", True),
        ("https://acme.example/?to=ada%40acme.example", True),
        ("https://acme.example/u/+447700900123", True),
        ("https://acme.example/u/%2B447700900123", True),
        ("https://acme.example/u/14155550123", True),  # the recipient's own
        ("https://acme.example/u/1-415-555-0123", True),
        ("https://acme.example/orders/4155559999", False),
        ("https://acme.example/@acme", False),
    ],
)
def test_warns_of_personal_data_in_a_destination(compose: Compose, url: str, found: bool) -> None:
    assert [finding.code for finding in compose(f"Look: {url} {url}").findings] == ["link.personal-data"] * found


def test_smart_encoding_leaves_links_alone(compose: Compose) -> None:
    template = {"body": "“Go” – https://acme.example/l\u2013a now…", "shorten_links": False}
    assert compose(template, smart_encoding=True).body == '"Go" - https://acme.example/l\u2013a now...'


@pytest.mark.parametrize(
    ("domain", "written"),
    [
        ("https://GO.Acme.example/", "https://go.acme.example"),
        ("https://go.acme.example:443", "https://go.acme.example"),
        ("https://go.acme.example:8443/x/", "https://go.acme.example:8443/x"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_domains_are_written_as_dns_knows_them(compose: Compose, domain: str, written: str) -> None:
    (made,) = compose("https://acme.example/a", links={"domain": domain}).links
    assert made.short.rpartition("/")[0] == written
