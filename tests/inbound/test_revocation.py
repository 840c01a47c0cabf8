"""What counts as a STOP, on the public corpus in tests/data/revocation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.models import ConsentConfig
from engine.config.standard_words import STANDARD
from engine.inbound.keywords import Router
from engine.inbound.revocation import Verdict, judge, typos_of_stop

CORPUS = Path(__file__).parent.parent / "data/revocation"
LANGUAGES = ("de", "en", "es", "fr", "it", "pt")
ROUTER = Router({}, ConsentConfig())


def rows(language: str) -> list[dict[str, str]]:
    lines = (CORPUS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def report(found: list[tuple[str, str, str]]) -> str:
    """Gives precision and recall of each verdict, and every text that was taken for another: (text, expected, got)."""
    lines = []
    for verdict in Verdict:
        right = sum(expected == got == verdict for _, expected, got in found)
        wanted, given_ = (sum(row[n] == verdict for row in found) for n in (1, 2))
        shares = f"precision {right / given_ if given_ else 1:.3f}, recall {right / wanted if wanted else 1:.3f}"
        lines.append(f"{verdict}: {shares}, {wanted} texts")
    lines += [f"  {text!r} is {expected}, taken for {got}" for text, expected, got in found if expected != got]
    return "\n".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_taken_for_what_it_is(language: str) -> None:
    found = [(row["text"], row["expected"], str(judge(row["text"]).verdict)) for row in rows(language)]
    assert all(row["language"] == language for row in rows(language))
    assert all(expected == got for _, expected, got in found), report(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_routing_agrees(language: str) -> None:
    for row in rows(language):
        routed = ROUTER.route(row["text"], sender=None)
        stopped, held = routed.meaning == "STOP", routed.review is not None
        assert (stopped, held) == (row["expected"] == "stop", row["expected"] == "review"), row["text"]


def test_the_corpus_is_no_small_one_and_says_nothing_twice() -> None:
    every = [row for language in LANGUAGES for row in rows(language)]
    assert len({(row["language"], row["text"]) for row in every}) == len(every) > 1000
    assert all(sum(row["expected"] == verdict for row in every) > 200 for verdict in Verdict)


@pytest.mark.parametrize("word", [word for meaning, _, words in STANDARD if meaning == "STOP" for word in words])
def test_a_standard_word_alone_is_certain_and_with_thanks_never_lost(word: str) -> None:
    assert judge(f" {word.upper()}! ").verdict is Verdict.STOP
    assert judge(f"{word} please").verdict is not Verdict.NONE


def test_no_slip_in_stop_is_a_word_of_its_own() -> None:
    assert not typos_of_stop() & {"stop", "shop", "step", "top", "spot", "post", "stoop", "start", "slop", "atop"}
    assert {"sotp", "stpo", "stopp", "sstop", "dtop", "st0p"} <= typos_of_stop()


@given(st.sampled_from(rows("en")), st.sampled_from(["", " ", "\n", "  \t"]), st.booleans())
def test_case_and_space_make_no_difference(row: dict[str, str], space: str, loud: bool) -> None:
    text = row["text"].upper() if loud else row["text"]
    assert str(judge(f"{space}{text}{space}").verdict) == row["expected"]


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_one_verdict(text: str) -> None:
    assert judge(text) == judge(text)


@pytest.mark.parametrize("piece", ["stop ", "please ", "dont ", "no more ", "a", "-", " - ", "s.t.o.p.", "stop and "])
def test_the_longest_text_is_read(piece: str) -> None:
    judge(piece * (65_536 // len(piece)))
