from __future__ import annotations

import time
from typing import Any

import pytest

from engine.compose.builtin import built_in
from engine.compose.segments import count_segments
from engine.config.models import ConsentConfig, Keyword
from engine.config.standard_words import STANDARD
from engine.inbound.keywords import Routed, Router
from engine.types import Encoding


def route(text: str, rules: dict[str, dict[str, Any]], *, sender: str = "support", stopped: bool = False) -> Routed:
    keywords = {name: Keyword.model_validate(rule) for name, rule in rules.items()}
    return Router(keywords, ConsentConfig()).route(text, sender=sender, stopped=stopped)


JOIN = {"join": {"words": ["JOIN", "COFFEE"]}}


@pytest.mark.parametrize(
    "text",
    [
        "JOIN",
        "join please",
        " Join!  ",
        "join,please",  # one word with a comma in it: see below
        '"join"',
        "ＪＯＩＮ",  # full width
        "coffee\nnow",
        "¡join!",
    ],
)
def test_first_word(text: str) -> None:
    expected = None if text == "join,please" else "join"
    assert route(text, JOIN).rule == expected


@pytest.mark.parametrize("text", ["please join", "joint", "", "!!!", "👍"])
def test_not_the_first_word(text: str) -> None:
    assert route(text, JOIN).rule is None


@pytest.mark.parametrize(
    ("match", "words", "text", "meets"),
    [
        ("exact", ["5"], "5", True),
        ("exact", ["5"], "5.", True),
        ("exact", ["5"], "5 stars", False),
        ("exact", ["opening hours"], "Opening   HOURS?", True),
        ("phrase", ["opening hours"], "What are your opening hours?", True),
        ("phrase", ["opening hours"], "your opening, hours, please", True),
        ("phrase", ["opening hours"], "reopening hours", False),
        ("phrase", ["café"], "is the CAFE open", True),  # accents are often left out on phones
        ("pattern", [r"order\s+[a-z]-\d+"], "my ORDER A-17", True),
        ("pattern", [r"^\d{4}$"], "12345", False),
        ("pattern", [r"^\d{4}$"], " １２３４ ", True),
        ("any", [], "anything", True),
        ("any", [], "", True),
    ],
)
def test_each_kind_of_rule(match: str, words: list[str], text: str, meets: bool) -> None:
    found = route(text, {"rule": {"match": match, "words": words}})
    assert (found.rule == "rule") is meets
    assert found.because


def test_the_most_specific_rule_wins_whatever_its_place() -> None:
    rules: dict[str, dict[str, Any]] = {
        "anything": {"match": "any"},
        "pattern": {"match": "pattern", "words": ["join"]},
        "phrase": {"match": "phrase", "words": ["join"]},
        "first": {"words": ["join"]},
        "exact": {"match": "exact", "words": ["join"]},
    }
    order = []
    while rules:
        winner = route("join", rules).rule
        assert winner is not None
        order.append(winner)
        del rules[winner]
    assert order == ["exact", "first", "phrase", "pattern", "anything"]


def test_within_a_kind_the_file_decides() -> None:
    rules = {"a": {"words": ["tea"]}, "b": {"words": ["join"]}, "c": {"words": ["join"]}}
    assert route("join", rules).rule == "b"


def test_a_rule_listens_on_its_senders() -> None:
    rules: dict[str, dict[str, Any]] = {"here": {"words": ["join"], "senders": ["support"]}, "any": {"match": "any"}}
    assert route("join", rules).rule == "here"
    assert route("join", rules, sender="brand").rule == "any"


def test_the_keyword_that_was_met_is_told_as_written() -> None:
    found = route("coffee please", JOIN)
    assert (found.rule, found.keyword, found.name) == ("join", "COFFEE", "join")


@pytest.mark.parametrize(("meaning", "words"), [(meaning, words) for meaning, _, words in STANDARD])
def test_standard_words(meaning: str, words: tuple[str, ...]) -> None:
    rules: dict[str, dict[str, Any]] = {"any": {"match": "any"}, "mine": {"match": "exact", "words": list(words)}}
    for word in words:
        for text in (word, word.upper(), f" {word.title()}. "):
            found = route(text, rules)
            assert (found.meaning, found.rule) == (meaning, None)
            assert found.name == f"consent.{meaning.lower()}"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Stop.", "STOP"),
        ("ＳＴＯＰ", "STOP"),
        ("opt-out", "STOP"),
        ("Opt out!", "STOP"),
        ("ARRÊT", "STOP"),
        ("Arre\u0302t", "STOP"),  # with a combining accent, as some phones write it
        ("désabonner", "STOP"),
        ("STOP 12345", None),  # it names something else
        ("don't stop", None),
        ("fine", None),  # Italian for end, English for all is well
        ("yes", None),
        ("start", "START"),
        ("Hilfe?", "HELP"),
        ("INFO", "HELP"),
    ],
)
def test_what_means_stop_start_and_help(text: str, meaning: str | None) -> None:
    assert route(text, {}).meaning == meaning


def test_yes_starts_again_only_after_a_stop() -> None:
    rules: dict[str, dict[str, Any]] = {"agree": {"words": ["yes"]}}
    assert route("Yes", rules).rule == "agree"
    assert route("Yes", rules, stopped=True).meaning == "START"


def test_extra_words_widen_and_stop_is_read_first() -> None:
    consent = ConsentConfig.model_validate(
        {"stop": {"extra_words": ["BASTA", "no more"]}, "help": {"extra_words": ["basta", "???"]}}
    )
    router = Router({}, consent)
    assert router.route("¡Basta!", sender=None).meaning == "STOP"
    assert router.route("No more.", sender=None).meaning == "STOP"
    assert router.route("...", sender=None).meaning is None


def test_a_pattern_takes_linear_time() -> None:
    # `re` needs years for this one.
    began = time.process_time()
    route("a" * 1_600 + "!", {"evil": {"match": "pattern", "words": ["^(a+)+$"]}})
    assert time.process_time() - began < 5


def test_built_in_answers_are_one_gsm_7_segment() -> None:
    for template in built_in().values():
        for text in (template, *template.languages.values()):
            size = count_segments(text.body.replace("{{ workspace.name }}", "A" * 60))
            assert (size.encoding, size.segments) == (Encoding.GSM_7, 1), text.body
