"""How long may the confirmation of a STOP take?"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.outbox import Claim

CONFIRM_WITHIN = timedelta(minutes=5)
"""Within this time a confirmation is presumed to be covered by the consent that was just taken back; later it would be
one message too many (47 CFR 64.1200(a)(12), https://www.ecfr.gov/current/title-47/section-64.1200)."""

LATE = "expired.confirmation"


def confirm_by(claim: Claim) -> datetime | None:
    """Gives when the confirmation of a STOP is too late; None for every other message."""
    if claim.event.get("consent") != "stop":
        return None
    at = claim.event.get("at")
    return (datetime.fromisoformat(at) if isinstance(at, str) else claim.created_at) + CONFIRM_WITHIN
