"""Is it too late?"""

from __future__ import annotations

from engine.delivery.gates.confirming import LATE, confirm_by
from engine.delivery.gates.verdict import Action, Case, Verdict, rule


def expired(case: Case) -> Verdict:
    """Ends a message whose time is over. `valid_for` counts from when it was first let go, not from its queueing; the
    time of the confirmation of a STOP, from the STOP."""
    by = confirm_by(case.claim)
    if by is not None and case.now >= by:
        return Verdict("expired", Action.EXPIRE, f"{case.claim.workspace}/consent#stop", LATE)
    where = rule(case, "sending.valid_for")
    let_go = case.claim.let_go_at
    if let_go is not None and case.now >= let_go + case.settings.sending.valid_for:
        return Verdict("expired", Action.EXPIRE, where, "expired.valid-for")
    return Verdict("expired", Action.PASS, where, until=by)
