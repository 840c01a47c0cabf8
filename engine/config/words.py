"""How a keyword and a text are brought to one form before they are compared.

Case, surrounding punctuation and Unicode width do not matter; nor does how much space stands between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from engine.config.standard_words import STANDARD, Meaning

_BETWEEN = re.compile(r"[\W_]+")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def normalise(text: str) -> str:
    """Gives the form of a text in which keywords are compared."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_EDGES.sub("", folded).split())


def plain(text: str) -> str:
    """Gives a text without accents and with all punctuation as space: how phrases and standard words are compared."""
    letters = unicodedata.normalize("NFKD", normalise(text))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(_BETWEEN.split(bare)).strip()


def standard(text: str) -> Meaning | None:
    """Gives what a message means that is nothing but one of the standard words, None for any other."""
    return _standard().get(plain(text))


@cache
def _standard() -> Mapping[str, Meaning]:
    return {word: meaning for meaning, _, words in STANDARD for word in words}
