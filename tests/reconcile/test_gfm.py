"""What a pull request can make of its own report: nothing. Read by a real reader of GitHub Flavored Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.reconcile.gfm import code, fence, folded, html_code

HOSTILE = [
    "`", "``", "```", "a`b``c```d", "` `", "\\`", "```\n# out", "~~~", "</code>", "</pre></details>", "-->", "<!--",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "![x](https://evil.example/x.png)", "@everyone",
    "[x](javascript:alert(1))", "https://evil.example", "www.evil.example", "ada@evil.example", "#1", "acme/messages#1",
    "| a | b |\n|---|---|\n| c | d |", "a | b", "\n\n# heading", "    code", "> quote", "- item", "1. item", "---",
    "===", "&lt;b&gt;", "&amp;#96;", "\\", "*a* _b_ ~~c~~", ":tada:", "<br>", "\r\n\r\n", "\x00", "\x1b[2K",
    "\u202egnp.exe", "\u200b", "\u2028", "\ud800", " ", "", "   ", " a ", "[^1]: x", "$x$", "\tx", "</summary>",
    "مرحبا `",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(HOSTILE), max_size=5).map("".join),
    st.text(alphabet="`~<>&|\\ \n\"'@#-*_[]()!a", max_size=40),
)
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
READER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def tokens(text: str) -> Iterator[Token]:
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def every(test: Callable[..., None]) -> Callable[..., None]:
    for text in HOSTILE:
        test = example(text)(test)
    return test


@every
@given(TEXTS)
def test_a_code_span_is_one_code_span_wherever_it_stands(text: str) -> None:
    for before, after in (("", ""), ("- ", ""), ("words ", " words"), ("- `--allow` ", ": `x`")):
        read = list(tokens(before + code(text) + after))
        kinds = {token.type for token in read} - {"inline", "paragraph_open", "paragraph_close"}
        assert kinds <= {"code_inline", "text"} | {
            f"{k}_{d}" for k in ("bullet_list", "list_item") for d in ("open", "close")
        }
        assert sum(token.type == "code_inline" for token in read) == 1 + before.count("--allow") + after.count("`x`")
        assert not any("evil" in token.content for token in read if token.type == "text")


@every
@given(TEXTS)
def test_a_fence_is_one_block_and_holds_the_text(text: str) -> None:
    rows = [f" {row}" for row in text.split("\n")]
    read = list(tokens(f"before\n\n{fence(rows, 'diff')}\n\nafter"))
    assert [t.type for t in read if t.block] == [
        "paragraph_open", "inline", "paragraph_close", "fence", "paragraph_open", "inline", "paragraph_close",
    ]  # fmt: skip


@every
@given(TEXTS)
def test_html_holds_no_other_element_and_no_empty_line(text: str) -> None:
    made = html_code(text)
    assert "\n" not in made
    assert not HIDDEN.search(made)
    assert set(re.findall(r"<[^>]*>", made)) <= {"<code>", "</code>", "<br>"}
    assert made.count("<") == made.count(">")
    table = f"<table><tr><td>{made}</td></tr></table>"
    read = list(tokens(folded(made, [table, code(text), fence([text], ""), table], open_=False)))
    kinds = [token.type for token in read if token.type in ("html_block", "fence", "paragraph_open")]
    assert kinds == ["html_block", "html_block", "paragraph_open", "fence", "html_block", "html_block"]
    assert {token.type for token in read} <= {*kinds, "paragraph_close", "inline", "code_inline"}


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_hides_is_left(text: str) -> None:
    assert not HIDDEN.search(code(text))
    assert not HIDDEN.search(fence([text], ""))
    assert "\n" not in code(text)
