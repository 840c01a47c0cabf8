"""What names mean in a template: `customer`, `trigger`, `event`, `workspace`, `message`.

    customer.*    the person's attributes; the one that holds the number shows it in E.164
    trigger.*     the data given with the send, `data:` in a sample
    event.*       the event or inbound text behind the message
    workspace.*   name, country, website, privacy_policy, terms
    message.*     template, purpose, and from the body on also sender and to

The same in previews and sends: nothing here is an id or a time of the one message.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.config.settings_models import WorkspaceConfig
from engine.types import Json

ROOTS = ("customer", "trigger", "event", "workspace", "message")
MESSAGE = ("template", "purpose", "sender", "to")


def workspace_names(settings: WorkspaceConfig) -> dict[str, Json]:
    """Gives what `workspace.*` holds."""
    business = settings.business
    return {
        "name": settings.name,
        "country": business.country,
        "website": business.website,
        "privacy_policy": business.privacy_policy,
        "terms": business.terms,
    }


def customer_names(attributes: Mapping[str, Json], phone_attribute: str, number: str | None) -> Mapping[str, Json]:
    """Gives what `customer.*` holds: the attributes, with the number as it was normalised."""
    if number is None or attributes.get(phone_attribute) == number:
        return attributes
    return {**attributes, phone_attribute: number}
