"""Which of a template's languages a person reads."""

from __future__ import annotations

from engine.config.models import Template, TemplateText
from engine.types import Person


def variant(template: Template, person: Person | None) -> TemplateText:
    """Gives the template's words in the person's `language`; `es-MX` falls back to `es`, then to the template's own."""
    wanted = person.attributes.get("language") if person is not None and template.languages else None
    if not isinstance(wanted, str):
        return template
    known = {_plain(name): text for name, text in template.languages.items()}
    tag = _plain(wanted)
    while tag:
        if tag in known:
            return known[tag]
        tag = tag.rpartition("-")[0]
    return template


def _plain(tag: str) -> str:
    return tag.strip().replace("_", "-").lower()
