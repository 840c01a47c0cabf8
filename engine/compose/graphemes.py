"""Where a text may be cut: grapheme clusters by the rules of the segment calculator that Twilio publishes.

Those are the extended grapheme clusters of Unicode 10.0.0 (UAX #29) as npm `grapheme-splitter` 1.0.4 reads them, its
departures from the standard included: it cuts flags followed by two marks, and emoji with two marks before a skin tone.
They are older than Unicode 11, so newer emoji joined by U+200D are cut at the joiner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from engine.compose.unicode10 import RANGES

_HANGUL_FIRST, _HANGUL_LAST, _HANGUL_TAILS = 0xAC00, 0xD7A3, 28
_ATTACHING = ("EXTEND", "SPACING_MARK", "ZWJ", "HANGUL_V", "HANGUL_T", "REGIONAL_INDICATOR", "EMOJI_MODIFIER")
_ATTACHING_TO_ZWJ = ("GLUE_AFTER_ZWJ", "EMOJI_BASE_GAZ")
_LEADING = ("HANGUL_L", "PREPEND")
_MARKS = frozenset({"EXTEND", "ZWJ", "SPACING_MARK"})
_BASES = frozenset({"EMOJI_BASE", "EMOJI_BASE_GAZ"})
_HANGUL_JOINS = {
    "HANGUL_L": frozenset({"HANGUL_L", "HANGUL_V", "HANGUL_LV", "HANGUL_LVT"}),
    "HANGUL_LV": frozenset({"HANGUL_V", "HANGUL_T"}),
    "HANGUL_V": frozenset({"HANGUL_V", "HANGUL_T"}),
    "HANGUL_LVT": frozenset({"HANGUL_T"}),
    "HANGUL_T": frozenset({"HANGUL_T"}),
}


def wide_clusters(text: str) -> Iterator[tuple[int, int, int]]:
    """Gives each cluster of more than one UTF-16 code unit, in order, as (start, end, code units).

    `start` and `end` are indexes into `text`; every character outside these clusters is a cluster of one code unit.
    """
    for run in _runs().finditer(text):
        start, end = run.span()
        while start < end:
            stop = _cluster_end(text, start, end)
            units = stop - start + sum(1 for char in text[start:stop] if char > "\uffff")
            if units > 1:
                yield start, stop, units
            start = stop


def _cluster_end(text: str, start: int, end: int) -> int:
    cluster = [_property(text[start])]
    for index in range(start + 1, end):
        following = _property(text[index])
        if not _joins(cluster, following):
            return index
        cluster.append(following)
    return end


def _joins(cluster: Sequence[str], following: str) -> bool:
    first, previous = cluster[0], cluster[-1]
    whole = (*cluster, following)
    if "EMOJI_MODIFIER" in whole:
        modifier = _last(whole, "EMOJI_MODIFIER")
        marks_only = all(part == "EXTEND" for part in whole[1:modifier])
        if modifier > 1 and marks_only and first != "EXTEND" and first not in _BASES:
            return False
    if "REGIONAL_INDICATOR" in whole:
        indicator = _last(whole, "REGIONAL_INDICATOR")
        flags_only = all(part == "REGIONAL_INDICATOR" for part in whole[1:indicator])
        if indicator > 0 and flags_only and previous not in ("PREPEND", "REGIONAL_INDICATOR"):
            return False
    if "CONTROL" in (previous, following):
        return False
    if following in _MARKS or previous == "PREPEND" or following in _HANGUL_JOINS.get(previous, ()):
        return True
    if following == "EMOJI_MODIFIER":
        base = _last(whole, "EXTEND") - 1 if "EXTEND" in whole else len(whole) - 2
        if base >= 0 and whole[base] in _BASES and all(part == "EXTEND" for part in whole[base + 1 : -1]):
            return True
    if previous == "ZWJ" and following in _ATTACHING_TO_ZWJ:
        return True
    if "REGIONAL_INDICATOR" in cluster[1:]:
        return False
    return previous == following == "REGIONAL_INDICATOR"


def _last(parts: Sequence[str], wanted: str) -> int:
    return len(parts) - 1 - parts[::-1].index(wanted)


def _property(char: str) -> str:
    known = _properties().get(char)
    if known is not None:
        return known
    point = ord(char)
    if _HANGUL_FIRST <= point <= _HANGUL_LAST:
        return "HANGUL_LVT" if (point - _HANGUL_FIRST) % _HANGUL_TAILS else "HANGUL_LV"
    return "OTHER"


@lru_cache(maxsize=1)
def _properties() -> dict[str, str]:
    return {
        chr(point): name
        for name, ranges in RANGES.items()
        for low, high in _parse(ranges)
        for point in range(low, high + 1)
    }


@lru_cache(maxsize=1)
def _runs() -> re.Pattern[str]:
    """Finds stretches outside of which nothing joins. All astral planes count as joining: one range tests fast."""
    low_plane = [
        f"{chr(low)}-{chr(high)}"
        for name in (*_ATTACHING, *_ATTACHING_TO_ZWJ, *_LEADING)
        for low, high in _parse(RANGES[name])
        if high <= 0xFFFF
    ]
    joining = "".join(low_plane) + "\U00010000-\U0010ffff"
    leading = "".join(f"{chr(low)}-{chr(high)}" for name in _LEADING for low, high in _parse(RANGES[name]))
    return re.compile(
        rf"[^{joining}]?[{joining}]+(?:[^{joining}][{joining}]+)*(?:(?<=[{leading}])[^{joining}])?", re.DOTALL
    )


def _parse(ranges: str) -> Iterator[tuple[int, int]]:
    for part in ranges.split():
        low, _, high = part.partition("-")
        yield int(low, 16), int(high or low, 16)
