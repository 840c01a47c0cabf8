"""Answers to STOP, START and HELP, and the question of a topic, for workspaces that have not worded their own.

They are templates like any other.

The first follows what the FCC allows in the one confirmation of an opt-out (47 CFR 64.1200(a)(12)): that it was heard,
and no marketing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from engine.config.models import Template, TemplateText
from engine.types import Purpose

STOPPED = "engine/stopped"
RESUMED = "engine/resumed"
HELP = "engine/help"
CONFIRM = "engine/confirm"
CONFIRMED = "engine/confirmed"

# Each is one GSM-7 segment with a business's name of up to 60 characters, which rules out á, í, ó, ú, ê and ã.
_WORDS = {
    STOPPED: {
        "en": "You won't get any more messages from {{ workspace.name }}. Reply START to get them again.",
        "es": "Se han cancelado los mensajes de {{ workspace.name }}. Responde START para recibirlos de nuevo.",
        "fr": "Vous ne recevrez plus de messages de {{ workspace.name }}. Répondez START pour en recevoir à nouveau.",
        "de": "Sie erhalten keine Nachrichten von {{ workspace.name }} mehr. Mit START erhalten Sie sie wieder.",
        "pt": "Os envios de {{ workspace.name }} foram cancelados. Responda START para voltar a receber.",
        "it": "Non riceverai più messaggi da {{ workspace.name }}. Rispondi START per riceverli di nuovo.",
    },
    RESUMED: {
        "en": "You will get messages from {{ workspace.name }} again. Reply HELP for help, STOP to end.",
        "es": "Los mensajes de {{ workspace.name }} vuelven a estar activos. Responde AYUDA o STOP.",
        "fr": "Vous recevrez à nouveau les messages de {{ workspace.name }}. Répondez AIDE ou STOP.",
        "de": "Sie erhalten wieder Nachrichten von {{ workspace.name }}. Antworten Sie HILFE oder STOP.",
        "pt": "Os envios de {{ workspace.name }} foram retomados. Responda AJUDA ou STOP.",
        "it": "Riceverai di nuovo i messaggi di {{ workspace.name }}. Rispondi AIUTO per aiuto, STOP per terminare.",
    },
    HELP: {
        "en": "This is {{ workspace.name }}. Message and data rates may apply. Reply STOP to get no more messages.",
        "es": "{{ workspace.name }}. Pueden aplicarse tarifas. Responde STOP para no recibir mensajes.",
        "fr": "Ici {{ workspace.name }}. Des frais peuvent s'appliquer. Répondez STOP pour ne plus en recevoir.",
        "de": "Hier ist {{ workspace.name }}. Es können Kosten anfallen. Antworten Sie STOP zum Abmelden.",
        "pt": "{{ workspace.name }}. Podem ser cobradas tarifas. Responda STOP para cancelar.",
        "it": "Qui {{ workspace.name }}. Potrebbero applicarsi costi. Rispondi STOP per non riceverne più.",
    },
    CONFIRM: {
        "en": "Reply YES to get {{ event.topic }} from {{ workspace.name }}. Rates may apply. Reply HELP or STOP.",
        "es": "Responde SI para recibir {{ event.topic }} de {{ workspace.name }}. AYUDA o STOP.",
        "fr": "Répondez OUI pour recevoir {{ event.topic }} de {{ workspace.name }}. AIDE ou STOP.",
        "de": "Antworten Sie JA, um {{ event.topic }} von {{ workspace.name }} zu erhalten. HILFE oder STOP.",
        "pt": "Responda SIM para receber {{ event.topic }} de {{ workspace.name }}. AJUDA ou STOP.",
        "it": "Rispondi SI per ricevere {{ event.topic }} da {{ workspace.name }}. AIUTO o STOP.",
    },
    CONFIRMED: {
        "en": "You will get {{ event.topic }} from {{ workspace.name }}. Reply HELP for help, STOP to end.",
        "es": "Te llegan {{ event.topic }} de {{ workspace.name }}. Responde AYUDA o STOP.",
        "fr": "Vous recevrez {{ event.topic }} de {{ workspace.name }}. Répondez AIDE ou STOP.",
        "de": "Sie erhalten {{ event.topic }} von {{ workspace.name }}. Antworten Sie HILFE oder STOP.",
        "pt": "Passa a receber {{ event.topic }} de {{ workspace.name }}. Responda AJUDA ou STOP.",
        "it": "Riceverai {{ event.topic }} da {{ workspace.name }}. Rispondi AIUTO per aiuto, STOP per terminare.",
    },
}

_NO_SENDER = ["reply"]
"""They only ever answer, from the number that was texted: the sender in their front matter is never asked for."""


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
