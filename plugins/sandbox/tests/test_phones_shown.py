"""What the page is given to show: parts of a text, and places in the stream."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_sandbox.phones.feed import Place, read, written
from engine_sandbox.phones.shown import parts
from hypothesis import given
from hypothesis import strategies as st

INTERPRETED = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", " onclick=")
"""What makes markup or code of a text."""


def cut(body: str) -> list[tuple[str, str | None]]:
    return [(part["text"], part.get("href")) for part in parts(body, lambda address: address)]


def links(body: str) -> list[str]:
    return [href for _, href in cut(body) if href]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("See https://go.acme.example/abc.", ["https://go.acme.example/abc"]),
        ("(https://acme.example/a_(b))", ["https://acme.example/a_(b)"]),
        ("HTTPS://ACME.EXAMPLE/x and http://acme.example", ["HTTPS://ACME.EXAMPLE/x", "http://acme.example"]),
        ("javascript:alert(1) data:text/html,x ftp://acme.example mailto:a@b.example", []),
        ('https://evil.example/"onmouseover=alert(1)', ["https://evil.example/"]),
        ("https://a.example\u202e/gnp.exe", ["https://a.example\u202e/gnp.exe"]),
        ("https:// http://", []),
        ("", []),
    ],
)
def test_links_are_web_addresses_and_nothing_else(body: str, found: list[str]) -> None:
    assert links(body) == found


@given(st.text(max_size=300) | st.lists(st.sampled_from(["https://", "a.example/", ").", "((", " ", "é"])).map("".join))
def test_parts_are_the_text_whole(body: str) -> None:
    assert "".join(text for text, _ in cut(body)) == body
    assert all(link.lower().startswith(("https://", "http://")) for link in links(body))


@given(st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True), st.integers(0, 10**17), min_size=1))
def test_a_place_is_read_as_it_was_written(positions: dict[str, int]) -> None:
    places = {name: Place("SB0f", position) for name, position in positions.items()}
    assert read(written(places)) == places


@given(st.text())
def test_a_place_that_is_none_is_known(text: str) -> None:
    places = read(text)
    assert places is None or "\n" not in written(places)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sandbox",
        "sandbox:a:-1",
        "sandbox:a\nb:1",
        "Sandbox:a:1",
        "sandbox:a:1,",
        "sandbox:a:²",
        "sandbox:a:1234567890123456789",
    ],
)
def test_strange_places(text: str) -> None:
    assert read(text) is None


def test_the_page_asks_nobody_else_for_anything() -> None:
    import engine_sandbox.phones

    static = Path(engine_sandbox.phones.__file__).parent / "static"
    whole = {path.name: path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "") for path in static.iterdir()}
    assert {"phones.html", "phones.css", "phones.js"} <= set(whole)
    for name, text in whole.items():
        found = [word for word in ("://", *INTERPRETED) if word in text]
        assert not found, f"{name}: {found}"
