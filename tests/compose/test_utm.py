"""UTM parameters: added to what short links lead to, and to nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compose.composer import Composed, Recipient
from engine.compose.utm import tagged

Compose = Callable[..., Composed]
TAGS = [("utm_source", "acme"), ("utm_medium", "sms")]
UTM = {"source": "acme", "medium": "sms", "campaign": "{template}"}
ALL = "utm_source=acme&utm_medium=sms"


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://acme.example", f"https://acme.example?{ALL}"),
        ("https://acme.example/", f"https://acme.example/?{ALL}"),
        ("https://acme.example/a?", f"https://acme.example/a?{ALL}"),
        ("https://acme.example/a?b=1", f"https://acme.example/a?b=1&{ALL}"),
        ("https://acme.example/a?b=1&", f"https://acme.example/a?b=1&{ALL}"),
        ("https://acme.example/a#top", f"https://acme.example/a?{ALL}#top"),
        ("https://acme.example/a#/b?c=1", f"https://acme.example/a?{ALL}#/b?c=1"),  # a page's own routes
        ("https://acme.example/a?b=1#c?d#e", f"https://acme.example/a?b=1&{ALL}#c?d#e"),
        ("https://acme.example/a?b=%C3%BC+%7e&&c&d=a%2Bb", f"https://acme.example/a?b=%C3%BC+%7e&&c&d=a%2Bb&{ALL}"),
        ("https://acme.example/?utm_source=other", "https://acme.example/?utm_source=other&utm_medium=sms"),
        ("https://acme.example/?UTM%5FSource=x", "https://acme.example/?UTM%5FSource=x&utm_medium=sms"),
        ("https://acme.example/?utm_medium=&utm_source=", "https://acme.example/?utm_medium=&utm_source="),
        ("https://acme.example/?my_utm_source=x", f"https://acme.example/?my_utm_source=x&{ALL}"),
    ],
)
def test_adds_what_is_not_there(url: str, made: str) -> None:
    assert tagged(url, TAGS) == made


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=fe5f80",
        "X-Goog-Signature=247a",
        "Expires=1&Signature=nitfHR&Key-Pair-Id=K2",
        "sv=2024-11-04&sig=a%2Bb",
        "user=1&hmac=abc",
    ],
)
def test_leaves_what_is_signed(query: str) -> None:
    url = f"https://files.acme.example/a.pdf?{query}#page=2"
    assert tagged(url, TAGS) == url


@given(st.from_regex(r"https://acme\.example(/[a-z%?&=#+.]{0,20})?", fullmatch=True))
def test_changes_nothing_else(url: str) -> None:
    made = tagged(url, TAGS)
    assert tagged(made, TAGS) == made
    address, mark, fragment = url.partition("#")
    assert made.startswith(address)
    assert made.endswith(mark + fragment)


def test_a_preview_shows_the_whole_destination(compose: Compose) -> None:
    links = {"domain": "https://go.acme.example", "utm": {**UTM, "content": "{sender}-{purpose} of {workspace}"}}
    shown = compose("https://acme.example/card", links=links)
    sent = compose("https://acme.example/card", links=links, message_id="m1")
    assert (
        shown.links[0].url
        == sent.links[0].url
        == (
            "https://acme.example/card?utm_source=acme&utm_medium=sms&utm_campaign=t"
            "&utm_content=main-transactional%20of%20acme"
        )
    )
    assert sent.body == sent.links[0].short


def test_a_template_in_a_folder_keeps_its_name(make: Callable[..., Any]) -> None:
    links = {"domain": "https://go.acme.example", "utm": {"campaign": "{template}"}}
    composer = make({"club/welcome": "https://acme.example/a"}, links=links)
    made = composer.compose(
        "club/welcome", Recipient(None, number="+14155550123"), message_id=None, now=datetime(2026, 3, 1, tzinfo=UTC)
    )
    assert made.links[0].url == "https://acme.example/a?utm_campaign=club/welcome"


@pytest.mark.parametrize(
    ("hosts", "body", "is_tagged"),
    [
        (None, "https://maps.example/x", True),
        (["acme.example", "*.acme.example"], "https://shop.acme.example/x", True),
        (["acme.example", "*.acme.example"], "https://maps.example/x", False),
        ([], "https://acme.example/x", False),
    ],
)
def test_only_where_the_config_says(compose: Compose, hosts: Any, body: str, is_tagged: bool) -> None:
    links = {"domain": "https://go.acme.example", "utm": {"source": "acme", "hosts": hosts}}
    (link,) = compose(body, links=links).links
    assert link.url == (f"{body}?utm_source=acme" if is_tagged else body)


@pytest.mark.parametrize(
    ("template", "domain"),
    [
        ({"body": "https://acme.example/a", "shorten_links": False}, "https://go.acme.example"),
        ("https://go.acme.example/x", "https://go.acme.example"),  # it is short already
    ],
)
def test_what_stays_long_stays_as_it_is(compose: Compose, template: Any, domain: str) -> None:
    made = compose(template, links={"domain": domain, "utm": UTM})
    assert "utm_" not in made.body
    assert made.links == ()
