"""Is it the time of day that `send --at … --local` asked for?"""

from __future__ import annotations

from datetime import datetime, time

from engine.delivery import zones
from engine.delivery.gates.verdict import Action, Case, Verdict
from engine.delivery.wall_clock import everywhere, next_everywhere

GATE = "local-time"


def local_time(case: Case) -> Verdict | None:
    """Keeps a message back until the time of its send has come in every zone that its recipient could be in.

    A time of day is the next one after queueing; a date and time that is over goes out at once.
    """
    wanted = case.claim.local_at
    if wanted is None:
        return None
    where = f"{case.claim.workspace}/template/{case.claim.template}"
    to, home = case.address.to, case.settings.business.country
    known = zones.known_zone(case.claim.person)
    names = {known} if known else zones.of_number(to.number, to.country, home, case.time_zones)
    possible = [found for name in sorted(names) if (found := zones.zone(name)) is not None]
    if "T" in wanted:
        until = everywhere(datetime.fromisoformat(wanted), possible)
    else:
        until = next_everywhere(time.fromisoformat(wanted), possible, case.claim.created_at)
    if case.now >= until:
        return Verdict(GATE, Action.PASS, where)
    reason = f"local-time.waits: for {wanted} where the recipient is, {until:%Y-%m-%d %H:%M} UTC"
    return Verdict(GATE, Action.LATER, where, reason, until)
