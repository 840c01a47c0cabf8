"""Segments, against what Twilio's own calculator says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.compose.segments import count_segments, first_non_gsm, measure_text, smart_encode, utf16_length
from engine.types import Encoding, Segments

DATA = Path(__file__).parents[1] / "data"
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def vectors(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["segments.jsonl", "segments-joining.jsonl"])
@pytest.mark.parametrize("smart", [False, True], ids=["off", "on"])
def test_agrees_with_the_published_calculator(name: str, smart: bool) -> None:
    rows = vectors(name)
    assert len(rows) > 100
    for number, row in enumerate(rows, start=1):
        expected = row["on" if smart else "off"]
        counted = count_segments(row["text"], smart_encoding=smart)
        assert counted == Segments(expected["encoding"], expected["segments"], expected["units"]), (number, row["kind"])
        measured = measure_text(smart_encode(row["text"]) if smart else row["text"])
        assert measured.characters == expected["chars"], (number, row["kind"])
        assert (measured.segments, measured.units) == (counted.segments, counted.units), (number, row["kind"])


@pytest.mark.parametrize(
    ("text", "segments", "units"),
    [
        ("", 1, 0),  # the calculator's answer for nothing
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("[" * 80, 1, 160),
        ("[" * 80 + "]", 2, 162),
        ("a" * 152 + "[" + "a" * 151, 2, 305),  # the escape pair moves to the second segment, which is then full
        ("a" * 152 + "[" + "a" * 152, 3, 306),
        ("€" * 80, 1, 160),
        (GSM, 1, len(GSM)),
    ],
)
def test_gsm_boundaries(text: str, segments: int, units: int) -> None:
    assert count_segments(text) == Segments(Encoding.GSM_7, segments, units)


@pytest.mark.parametrize(
    ("text", "segments", "units"),
    [
        ("ж" * 70, 1, 70),
        ("ж" * 71, 2, 71),
        ("ж" * 134, 2, 134),
        ("ж" * 135, 3, 135),
        ("ж" * 66 + "😀" + "ж" * 65, 2, 133),  # the surrogate pair moves on and the second segment is full
        ("ж" * 66 + "😀" + "ж" * 66, 3, 134),
        ("ж" * 65 + "👍🏽" + "ж" * 63, 2, 132),  # skin tone stays with its thumb
        ("é" * 68 + "e\u0301" + "ж", 2, 71),
    ],
)
def test_ucs2_boundaries(text: str, segments: int, units: int) -> None:
    assert count_segments(text) == Segments(Encoding.UCS_2, segments, units)


def test_the_character_that_costs_ucs2() -> None:
    assert first_non_gsm("Hi Zoë") == ("ë", 5)
    assert first_non_gsm("naïve €5 [ok]") == ("ï", 2)
    assert first_non_gsm("It’s") == ("’", 2)
    assert first_non_gsm(GSM) is None


def test_smart_encoding_keeps_a_text_in_gsm() -> None:
    text = "“It’s…” – said\u00a0she"
    assert smart_encode(text) == '"It\'s..." - said  she'
    assert count_segments(text).encoding is Encoding.UCS_2
    assert count_segments(text, smart_encoding=True) == Segments(Encoding.GSM_7, 1, len(smart_encode(text)))
    assert smart_encode("plain [text]") == "plain [text]"


def test_is_public() -> None:
    assert engine.count_segments is count_segments
    assert str(count_segments("hi").encoding) == "GSM-7"


@given(st.text(max_size=400))
def test_any_text_is_counted(text: str) -> None:
    measured = measure_text(text)
    assert (first_non_gsm(text) is None) == (measured.encoding is Encoding.GSM_7)
    if measured.encoding is Encoding.UCS_2:
        assert measured.units == utf16_length(text)
        assert measured.characters <= len(text)
    size = 160 if measured.encoding is Encoding.GSM_7 else 70
    assert (measured.segments == 1) == (measured.units <= size)


@given(st.text(alphabet=GSM, max_size=1000))
def test_plain_text_needs_only_division(text: str) -> None:
    expected = 1 if len(text) <= 160 else -(-len(text) // 153)
    assert count_segments(text) == Segments(Encoding.GSM_7, expected, len(text))
