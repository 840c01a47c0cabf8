"""How a text is billed: its encoding and its segments, as Twilio's published calculator counts them.

A text message holds 140 octets: 160 septets of GSM-7 (3GPP TS 23.038) or 70 UTF-16 code units. In a longer text each
segment gives 6 octets to a header, which leaves 153 septets or 67 code units. One character outside GSM-7 makes the
whole text UCS-2. The calculator (npm `sms-segments-calculator` 1.3.0) never cuts an escape pair or grapheme cluster.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

from engine.compose.graphemes import wide_clusters
from engine.compose.smart_encoding import REPLACED_BY
from engine.record import record
from engine.types import Encoding, Segments

_SINGLE_SEPTETS, _PART_SEPTETS = 160, 153
_SINGLE_UNITS, _PART_UNITS = 70, 67

_BASIC_ASCII = "\n\r !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_BASIC = _BASIC_ASCII + "¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ"
_ESCAPED_ASCII = "\f[\\]^{|}~"
_ESCAPED = _ESCAPED_ASCII + "€"

_BASIC_BYTES = _BASIC_ASCII.encode()
_ESCAPED_BYTES = _ESCAPED_ASCII.encode()
_NOT_GSM = re.compile(f"[^{re.escape(_BASIC + _ESCAPED)}]")
_ESCAPED_CHARACTER = re.compile(f"[{re.escape(_ESCAPED)}]")


@record
class Measure:
    """`Segments`, and the number of characters that Twilio's calculator shows for the text.

    That number is septets in GSM-7, where characters such as `[` take two, and grapheme clusters in UCS-2.
    """

    encoding: Encoding
    segments: int
    units: int
    characters: int


def count_segments(text: str, smart_encoding: bool = False) -> Segments:
    """Gives the encoding of a text, how many segments it takes, and its units: septets or UTF-16 code units.

    With `smart_encoding`, counts the text as Twilio's smart encoding would send it.
    """
    found = _gsm(text)
    if found is not None and not (smart_encoding and _has_replaceable(text)):
        return Segments(Encoding.GSM_7, *found)
    measure = measure_text(smart_encode(text) if smart_encoding else text)
    return Segments(measure.encoding, measure.segments, measure.units)


def measure_text(text: str) -> Measure:
    """Gives the encoding, segments, units and characters of a text, as it stands."""
    found = _gsm(text)
    if found is not None:
        segments, units = found
        return Measure(Encoding.GSM_7, segments, units, units)
    units = utf16_length(text)
    clusters = [(start, size) for start, _, size in _placed(text)]
    characters = units - sum(size - 1 for _, size in clusters)
    return Measure(Encoding.UCS_2, _ucs2_segments(units, clusters), units, characters)


def first_non_gsm(text: str) -> tuple[str, int] | None:
    """Gives the first character that GSM-7 cannot hold, and its index; None where the text is GSM-7."""
    found = _NOT_GSM.search(text)
    return (found[0], found.start()) if found else None


def smart_encode(text: str) -> str:
    """Gives the text with typographic characters replaced as Twilio's smart encoding replaces them."""
    return text.translate(_replacements()) if _has_replaceable(text) else text


def utf16_length(text: str) -> int:
    """Gives the number of UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _gsm(text: str) -> tuple[int, int] | None:
    if text.isascii():
        rest = text.encode().translate(None, _BASIC_BYTES)
        if rest and rest.translate(None, _ESCAPED_BYTES):
            return None
        escapes = len(rest)
    else:
        if _NOT_GSM.search(text):
            return None
        escapes = len(_ESCAPED_CHARACTER.findall(text))
    units = len(text) + escapes
    if units <= _SINGLE_SEPTETS:
        return 1, units
    if not escapes:
        return -(-units // _PART_SEPTETS), units
    septets = _ESCAPED_CHARACTER.sub("\x1b*", text)
    segments, position = 1, 0
    while units - position > _PART_SEPTETS:
        position += _PART_SEPTETS - (septets[position + _PART_SEPTETS - 1] == "\x1b")
        segments += 1
    return segments, units


def _placed(text: str) -> list[tuple[int, int, int]]:
    """The wide clusters as (start, end, size), in code units."""
    placed = []
    at = behind = 0
    for start, end, size in wide_clusters(text):
        at += utf16_length(text[behind:start])
        placed.append((at, at + size, size))
        at, behind = at + size, end
    return placed


def _ucs2_segments(units: int, clusters: list[tuple[int, int]]) -> int:
    if units <= _SINGLE_UNITS:
        return 1
    if not clusters:
        return -(-units // _PART_UNITS)
    starts = [start for start, _ in clusters]
    sizes = dict(clusters)

    def fitting(end: int) -> int:
        before = bisect_left(starts, end) - 1
        cut_open = before >= 0 and starts[before] + sizes[starts[before]] > end
        return starts[before] if cut_open else end

    # The calculator fills a segment to 70, and on the cluster that does not fit moves whatever is beyond 67 into the
    # next segment, together with that cluster and without looking whether both fit.
    overflowing = fitting(_SINGLE_UNITS)
    position = fitting(_PART_UNITS)
    at_least = overflowing + sizes.get(overflowing, 1)
    segments = 2
    while units > (end := max(fitting(position + _PART_UNITS), at_least)):
        position = end
        at_least = position + sizes.get(position, 1)
        segments += 1
    return segments


def _has_replaceable(text: str) -> bool:
    return _replaceable().search(text) is not None


@lru_cache(maxsize=1)
def _replacements() -> dict[int, str]:
    return {int(point, 16): sub for sub, points in REPLACED_BY.items() for point in points.split()}


@lru_cache(maxsize=1)
def _replaceable() -> re.Pattern[str]:
    return re.compile("[" + "".join(re.escape(chr(point)) for point in sorted(_replacements())) + "]")
