from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans import AFTER, BEFORE, EVERYTHING, change, plan, rendering, warning

from engine.reconcile.bubbles import Shown, document, phone
from engine.reconcile.changes import Blocked
from engine.reconcile.effects import RenderingEffect
from engine.reconcile.html import page
from engine.reconcile.lines import spelled

HOSTILE = '</style></pre></details><script>alert(1)</script><img src=x onerror="alert(1)">\'"&lt;\u202e\u200b\x00'
VOID = {"meta", "br", "!doctype"}
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "ul", "li", "div", "details", "summary",
    "b", "span", "pre", "code", "section", "article", "figure", "figcaption", "strong",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a page, and that every element that opens closes in its place."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def texts(self, element: str) -> Iterator[str]:
        """Gives a class attribute of each element."""
        return (attributes.get("class") or "" for tag, attributes in self.elements if tag == element)


def safe(text: str) -> Reader:
    """Checks that a page is ours alone: known elements, nothing loaded, nothing run, nothing hidden."""
    read = Reader(text)
    assert {tag for tag, _ in read.elements} <= ELEMENTS
    names = {name for _, attributes in read.elements for name in attributes}
    assert names <= {"lang", "charset", "name", "content", "http-equiv", "class", "dir", "open"}
    assert not re.search("[\x00\u200b\u202e]", text)
    assert not re.search(r"url\(|@import", text)
    return read


def test_a_plan_with_everything_stands_alone() -> None:
    read = safe(page(EVERYTHING))
    said = " ".join("".join(read.words).split())
    for words in (
        "Plan for production",
        "1 message turns from GSM-7 to UCS-2 because of ☕ (U+2615 HOT BEVERAGE)",
        "Refused by apply unless it is allowed",
        "--allow protect:acme/keyword/join",
        "No message: no x",
        "12 queued messages of acme/template/news go out as they read then (migrate)",
        "“hours” to support (came in lately, 3 times): no rule → hours",
        "a sender is missing",
        "set by the environment",
        "d" * 64,
    ):
        assert words in said
    assert list(read.texts("div")).count("phone") == 7  # of four messages, one of which is new


def test_the_policy_allows_the_style_by_its_hash_and_nothing_else() -> None:
    text = page(EVERYTHING)
    read = Reader(text)
    (policy,) = [a["content"] for tag, a in read.elements if tag == "meta" and a.get("http-equiv")]
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_what_differs_and_the_character_to_blame_are_marked() -> None:
    text = page(plan(change("welcome", RenderingEffect("acme/template/welcome", "ada", BEFORE, AFTER))))
    assert re.search(r'<span class="added odd">☕</span>', text)
    assert '<span class="gone link">old123</span>' in text
    assert '<span class="added link">new123</span>' in text


@pytest.mark.parametrize("length", [1, 20_000])
def test_hostile_names_and_words_are_text(length: int) -> None:
    words = HOSTILE * (1 + length // len(HOSTILE))
    bad = change(words, rendering(words, sample=words), rendering("x", before=None, sample=words), body=words)
    broken = RenderingEffect(words, words, None, replace(BEFORE, body=None, error=words, message=words))
    media = RenderingEffect(words, words, BEFORE, replace(AFTER, media=(words,), links=((words, words),), to=words))
    made = plan(
        bad,
        change("more", broken, media),
        blocked=[Blocked("protect", words, words)],
        warnings=[warning(words, words)],
    )
    safe(page(replace(made, environment=words, base=words)))


@given(st.text(max_size=40), st.text(max_size=40), st.lists(st.text(min_size=1, max_size=5), max_size=3))
def test_a_bubble_says_what_the_message_says(body: str, other: str, links: list[str]) -> None:
    read = Reader(phone(Shown("a", "b", body, links=links, other=other, odd=0 if body else None)))
    said = "".join(read.words)
    assert "".join(char if char == "\n" else spelled(body, at) for at, char in enumerate(body)) in said
    assert not any(tag in ("script", "img", "i") for tag, _ in read.elements)


def test_what_is_hidden_stands_out() -> None:
    made = phone(Shown("a", "b", "a\u200bb\n"))
    assert r'a<span class="hidden">\u{200b}</span>b' in made


def test_a_link_in_a_link_is_marked_once() -> None:
    short = "https://go.acme.example/abc123"
    made = phone(Shown("a", "b", f"{short} {short}4 x", links=[short, f"{short}4", short]))
    assert made.count('<span class="link">') == 2
    assert f'<span class="link">{short}4</span>' in made


def test_a_title_is_text() -> None:
    assert "<title>a &lt;b&gt;</title>" in document("a <b>", "")
