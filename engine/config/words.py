"""How a keyword and a text are brought to one form before they are compared.

Case, accents, surrounding punctuation and Unicode width do not matter; nor does how much space stands between words.
Everything here takes time linear in the text.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from engine.config.standard_words import STANDARD, Meaning

_ASCII_BETWEEN = re.compile(r"[\W_]+")
_ASCII_EDGES = string.punctuation + "".join(map(chr, range(0x21))) + "\x7f"


def normalise(text: str) -> str:
    """Gives the form of a text in which keywords are compared. What has no letter or digit is its symbols: emoji."""
    if text.isascii():
        words = text.casefold().strip(_ASCII_EDGES)
        if words:
            return " ".join(words.split())
    folded = _folded(text)
    in_words = _in_words(folded)
    if True not in in_words:
        return "".join(sign for sign in folded if unicodedata.category(sign) in ("Sc", "Sm", "So"))
    end = len(in_words) - in_words[::-1].index(True)
    return " ".join(folded[in_words.index(True) : end].split())


def plain(text: str) -> str:
    """Gives a text's words alone, with all punctuation as space: how phrases and standard words are compared."""
    if text.isascii():
        return _ASCII_BETWEEN.sub(" ", text.casefold()).strip()
    folded = _folded(text)
    spaced = (sign if inside else " " for sign, inside in zip(folded, _in_words(folded), strict=True))
    return " ".join("".join(spaced).split())


def mend(text: str) -> str:
    """Gives a text that can be written down: half a character (a lone surrogate, as JSON may hold) becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def standard(text: str) -> Meaning | None:
    """Gives what a message means that is nothing but one of the standard words, None for any other."""
    return _standard().get(plain(text))


def _folded(text: str) -> str:
    """Gives a text without case, width, accents and signs that nobody sees."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not _is_dropped(sign)))


def _is_dropped(sign: str) -> bool:
    # Accents proper, and the vowel signs that Hebrew and Arabic are mostly written without, by their combining class.
    # Other marks tell words apart: nukta (7), the voicing of kana (8), virama (9), tone marks of Thai and Lao (103 on).
    place = unicodedata.combining(sign)
    if place:
        return place == 1 or 10 <= place <= 36 or place >= 200
    # Joiners, direction marks, soft hyphens; what chooses the look of an emoji, and the box around a digit.
    return unicodedata.category(sign) in ("Cf", "Cs", "Me") or "\ufe00" <= sign <= "\ufe0f"


def _in_words(text: str) -> Sequence[bool]:
    """Tells of each sign whether it belongs to a word: letters, digits, and marks that follow one."""
    inside, found = False, []
    for sign in text:
        inside = sign.isalnum() or (inside and unicodedata.category(sign)[0] == "M")
        found.append(inside)
    return found


@cache
def _standard() -> Mapping[str, Meaning]:
    return {word: meaning for meaning, _, words in STANDARD for word in words}
