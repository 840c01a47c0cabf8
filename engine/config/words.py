"""How a keyword and a text are brought to one form before they are compared.

Case, surrounding punctuation and Unicode width do not matter; nor does how much space stands between words.
"""

from __future__ import annotations

import re
import unicodedata

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def normalise(text: str) -> str:
    """Gives the form of a text in which keywords are compared."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_EDGES.sub("", folded).split())


OPT_OUT = frozenset(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"))
OPT_IN = frozenset(("start", "unstop"))
HELP = frozenset(("help", "info"))
"""Twilio's default words (https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, as of 2026-11-23), but YES:
as an answer to a question it is far too common to be taken away from keyword rules."""

RESERVED = {
    **dict.fromkeys(OPT_OUT, "STOP"),
    **dict.fromkeys(OPT_IN, "START"),
    **dict.fromkeys(HELP, "HELP"),
}
