"""Answers to STOP, START and HELP for workspaces that have not worded their own: templates like any other.

The first follows what the FCC allows in the one confirmation of an opt-out (47 CFR 64.1200(a)(12)): that it was heard, and no marketing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.config.models import Template, TemplateText
from engine.types import Purpose

STOPPED = "engine/stopped"
RESUMED = "engine/resumed"
HELP = "engine/help"

_WORDS = {
    STOPPED: {
        "en": "You won't get any more messages from {{ workspace.name }}. Reply START to get them again.",
        "es": "Ya no recibirás más mensajes de {{ workspace.name }}. Responde START para volver a recibirlos.",
        "fr": "Vous ne recevrez plus de messages de {{ workspace.name }}. Répondez START pour en recevoir à nouveau.",
        "de": "Sie erhalten keine Nachrichten von {{ workspace.name }} mehr. Antworten Sie START, um sie wieder zu erhalten.",
        "pt": "Você não receberá mais mensagens de {{ workspace.name }}. Responda START para voltar a receber.",
        "it": "Non riceverai più messaggi da {{ workspace.name }}. Rispondi START per riceverli di nuovo.",
    },
    RESUMED: {
        "en": "You will get messages from {{ workspace.name }} again. Reply HELP for help, STOP to end.",
        "es": "Volverás a recibir mensajes de {{ workspace.name }}. Responde AYUDA para ayuda, STOP para terminar.",
        "fr": "Vous recevrez à nouveau les messages de {{ workspace.name }}. Répondez AIDE pour de l'aide, STOP pour arrêter.",
        "de": "Sie erhalten wieder Nachrichten von {{ workspace.name }}. Antworten Sie HILFE für Hilfe, STOP zum Abmelden.",
        "pt": "Você voltará a receber mensagens de {{ workspace.name }}. Responda AJUDA para ajuda, STOP para parar.",
        "it": "Riceverai di nuovo i messaggi di {{ workspace.name }}. Rispondi AIUTO per aiuto, STOP per terminare.",
    },
    HELP: {
        "en": "This is {{ workspace.name }}. Message and data rates may apply. Reply STOP to get no more messages.",
        "es": "Este es {{ workspace.name }}. Pueden aplicarse tarifas de mensajes y datos. Responde STOP para no recibir más.",
        "fr": "Ici {{ workspace.name }}. Des frais de messagerie peuvent s'appliquer. Répondez STOP pour ne plus en recevoir.",
        "de": "Hier ist {{ workspace.name }}. Es können Kosten für Nachrichten anfallen. Antworten Sie STOP zum Abmelden.",
        "pt": "Aqui é {{ workspace.name }}. Podem ser cobradas tarifas de mensagens e dados. Responda STOP para não receber mais.",
        "it": "Qui {{ workspace.name }}. Potrebbero applicarsi costi per messaggi e dati. Rispondi STOP per non riceverne più.",
    },
}

_NO_SENDER = ["reply"]
"""They only ever answer, from the number that was texted, so that the sender in their front matter is never asked for."""


@cache
def built_in() -> Mapping[str, Template]:
    """Gives the built-in templates by name. A workspace's own template of the same name comes first."""
    return {name: _template(words) for name, words in _WORDS.items()}


def _template(words: Mapping[str, str]) -> Template:
    return Template(
        description="Built in",
        purpose=Purpose.REPLY,
        sender=_NO_SENDER,
        shorten_links=False,
        body=words["en"],
        languages={
            language: TemplateText(sender=_NO_SENDER, shorten_links=False, body=body)
            for language, body in words.items()
            if language != "en"
        },
    )
