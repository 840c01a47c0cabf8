"""Words that mean STOP, START or HELP by themselves. Dated data; a workspace adds its own with `extra_words`.

Only a message that is nothing but such a word counts, whatever its case, accents and punctuation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AS_OF = "2026-11-24"

Meaning = Literal["STOP", "START", "HELP"]


@dataclass(frozen=True, slots=True)
class Source:
    """Who says so."""

    name: str
    url: str = ""


TWILIO = Source("Twilio's default words", "https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out")
FCC = Source("words that revoke consent per se", "https://www.ecfr.gov/current/title-47/section-64.1200")  # (a)(10)
AWS = Source("AWS's default words", "https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords.html")
TRANSLATED = Source("the same words in the languages of most of our neighbours")

STANDARD: tuple[tuple[Meaning, Source, tuple[str, ...]], ...] = (
    ("STOP", TWILIO, ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")),
    ("STOP", FCC, ("opt out",)),
    ("STOP", AWS, ("arret", "stop all", "remove")),
    ("STOP", TRANSLATED, ("arrete", "arreter", "arretez", "desabonner", "se desabonner", "desinscrire")),  # French
    ("STOP", TRANSLATED, ("alto", "baja", "dar de baja", "darse de baja", "cancelar", "detener", "parar")),  # Spanish
    ("STOP", TRANSLATED, ("stopp", "abmelden", "abbestellen", "austragen")),  # German
    ("STOP", TRANSLATED, ("pare", "sair", "descadastrar", "remover")),  # Portuguese, beside cancelar and parar
    (
        "STOP",
        TRANSLATED,
        ("ferma", "disiscrivi", "disiscrivimi", "cancellami"),
    ),  # Italian; not `fine`, an English answer
    ("START", TWILIO, ("start", "unstop")),
    ("START", TRANSLATED, ("demarrer", "iniciar", "starten", "inizia")),
    ("HELP", TWILIO, ("help", "info")),
    ("HELP", TRANSLATED, ("aide", "ayuda", "hilfe", "ajuda", "aiuto")),
)

START_WHEN_STOPPED = frozenset(("yes",))
"""YES is one of Twilio's words for START, and far too common an answer to be taken from keyword rules: it means START
only from a number that has stopped, which no rule could answer anyway, and never to a toll-free number, where carriers
take START and UNSTOP alone (https://help.twilio.com/articles/223134027)."""

YES = frozenset(("yes", "y", "si", "oui", "ja", "sim"))
"""What answers the question of a topic with double opt-in, in the languages of the words above."""
