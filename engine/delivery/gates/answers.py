"""Does a message answer somebody who has just written?"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.outbox import Claim

JUST = timedelta(hours=1)
"""How long somebody who wrote is taken to be awake and waiting. A later answer is a message like any other."""


def answers(claim: Claim, now: datetime) -> bool:
    """True for an answer to somebody who has just written: by its cause, whatever its template's purpose says."""
    return claim.reply_from is not None and now - claim.created_at < JUST
