"""Filters on texts."""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote

from liquid.exceptions import FilterArgumentError
from liquid.filter import int_arg

from engine.compose.budget import check_length
from engine.compose.filters.of_text import text_filter
from engine.compose.tags import printed


@text_filter
def replace(text: str, old: object, new: object = "") -> str:
    """Gives the text with every `old` replaced. Looks at the size before building it."""
    searched, replacement = printed(old), printed(new)
    check_length(len(text) + text.count(searched) * (len(replacement) - len(searched)))
    return text.replace(searched, replacement)


@text_filter
def append(text: str, more: object) -> str:
    """Gives the text with another behind it."""
    return text + printed(more)


@text_filter
def prepend(text: str, more: object) -> str:
    """Gives the text with another before it."""
    return printed(more) + text


@text_filter
def titlecase(text: str) -> str:
    """Gives the text with a capital letter at each word: `o'neill and sons` → `O'neill And Sons`."""
    return re.sub(r"\S+", lambda word: word[0][:1].upper() + word[0][1:], text)


@text_filter
def slugify(text: str) -> str:
    """Gives the text as it would stand in an address: `Crème brûlée!` → `creme-brulee`."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.sub(r"[\W_]+", "-", "".join(c for c in plain if not unicodedata.combining(c))).strip("-")


@text_filter
def number_of_words(text: str) -> int:
    """Gives how many words there are."""
    return len(text.split())


@text_filter
def xml_escape(text: str) -> str:
    """Gives the text as it stands in XML."""
    return html.escape(text, quote=True)


@text_filter
def uri_escape(text: str) -> str:
    """Gives the text with what may not stand in an address percent-encoded, its structure kept."""
    return quote(text, safe=";/?:@&=+$,-_.!~*'()#%[]")


@text_filter
def strip_html(text: str) -> str:
    """Gives the text without tags, comments, scripts and styles, in one pass."""
    kept, position = [], 0
    while (start := text.find("<", position)) >= 0:
        kept.append(text[position:start])
        end = _end_of_markup(text, start)
        if end is None:
            kept.append(text[start:])
            return "".join(kept)
        position = end
    kept.append(text[position:])
    return "".join(kept)


def _end_of_markup(text: str, start: int) -> int | None:
    opening = text[start : start + 8].lower()
    closing = next((end for begin, end in _BLOCKS if opening.startswith(begin)), ">")
    found = text.find(closing, start)
    if found < 0 and closing != ">":
        closing, found = ">", text.find(">", start)
    return found + len(closing) if found >= 0 else None


_BLOCKS = (("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"))


@text_filter
def truncate(text: str, length: object = 50, end: object = "...") -> str:
    """Gives at most `length` characters, those of `end` included."""
    size, ending = int_arg(length), printed(end)
    return text if len(text) <= size else text[: max(size - len(ending), 0)] + ending


@text_filter
def truncatewords(text: str, length: object = 15, end: object = "...") -> str:
    """Gives at most `length` words, and `end` where words are left out."""
    words = text.split()
    size = max(int_arg(length), 1)
    return " ".join(words) if len(words) <= size else " ".join(words[:size]) + printed(end)


@text_filter
def normalize_whitespace(text: str) -> str:
    """Gives the text with every run of spaces and line breaks made one space."""
    return re.sub(r"\s+", " ", text)


def pluralize(count: object, singular: object, plural: object = None) -> str:
    """Gives the singular for 1 and the plural for everything else; the plural ends in `s` unless given."""
    try:
        one = float(str(count)) == 1
    except ValueError as error:
        raise FilterArgumentError("pluralize counts with a number", token=None) from error
    return printed(singular) if one else printed(plural) if plural is not None else printed(singular) + "s"


FILTERS = {
    "append": append,
    "cgi_escape": text_filter(lambda text: quote(text, safe="*-._").replace("%20", "+")),
    "normalize_whitespace": normalize_whitespace,
    "number_of_words": number_of_words,
    "pluralize": pluralize,
    "prepend": prepend,
    "replace": replace,
    "slugify": slugify,
    "strip_html": strip_html,
    "titlecase": titlecase,
    "truncate": truncate,
    "truncatewords": truncatewords,
    "uri_escape": uri_escape,
    "xml_escape": xml_escape,
}
