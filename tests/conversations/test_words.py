"""Expected texts with … in them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.testing.conversations.words import ANY, align, compare, matches

TEXTS = st.text(alphabet="ab .!\n☕…", max_size=12)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("Hi Ada", "Hi Ada", True),
        ("Hi Ada", "Hi Ada!", False),
        ("Hi…", "Hi Ada!", True),
        ("Hi…", "Hi", True),  # any text is also none
        ("…", "", True),
        ("", "", True),
        ("", "x", False),
        ("…Ada", "Hi Ada!", False),
        ("Hi…!", "Hi!", True),
        ("Hi!…!", "Hi!", False),  # one character cannot be both ends
        ("a…b…c", "a1b2c", True),
        ("a…b…c", "a1c2b", False),
        ("a…b…b", "ab", False),
        ("Hi … there", "Hi\nover there", False),
        ("Hi…there", "Hi\nover there", True),  # over lines, too
        ("(.*)", "x", False),  # no regular expression
        ("HI", "hi", False),
    ],
)
def test_what_matches(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


@given(TEXTS, TEXTS)
def test_it_means_what_a_regular_expression_means(pattern: str, text: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split(ANY))
    assert matches(pattern, text) is (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(TEXTS, TEXTS)
def test_the_parts_make_up_both_texts(pattern: str, text: str) -> None:
    pairs = align(pattern, text)
    assert "".join(pair.expected for pair in pairs) == pattern
    assert "".join(pair.actual for pair in pairs) == text
    assert all(pair.same is (pair.expected in (pair.actual, ANY)) for pair in pairs)


@given(TEXTS, st.lists(TEXTS, max_size=4))
def test_what_was_filled_in_is_no_difference(start: str, fillings: list[str]) -> None:
    words = [start.replace(ANY, ""), *("w" for _ in fillings)]
    text = words[0] + "".join(f" {filling} {word}" for filling, word in zip(fillings, words[1:], strict=True))
    pattern = words[0] + "".join(f" {ANY} {word}" for word in words[1:])
    assert matches(pattern, text)


def test_equal_words_stand_below_each_other() -> None:
    (row,) = compare("Hi Ada, welcome to the club!…", "Hi Ada, welcome to the Coffee club! Your card: x")
    assert row == (
        "Hi Ada, welcome to the        club!…",
        "Hi Ada, welcome to the Coffee club! Your card: x",
        "                       ^^^^^^^",
    )


def test_a_replaced_word_is_marked_alone() -> None:
    ((expected, actual, marks),) = compare("You have 3 points", "You have 12 points")
    assert [expected[9:11], actual[9:11], marks.strip()] == ["3 ", "12", "^^"]


def test_long_texts_are_cut_into_rows_and_lines_are_shown() -> None:
    rows = list(compare("word " * 60, "word " * 59 + "end\n"))
    assert len(rows) == 4
    assert [bool(row[2]) for row in rows] == [False, False, False, True]
    assert rows[-1][1].endswith("end⏎")


def test_the_longest_texts_take_no_time_to_match() -> None:
    began = time.process_time()
    assert not matches("a…" * 800 + "b", "a" * 1_600)
    assert time.process_time() - began < 5
