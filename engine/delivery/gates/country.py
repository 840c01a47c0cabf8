"""May anything be sent there?"""

from __future__ import annotations

from engine.delivery.gates.verdict import Action, Case, Verdict, rule


def country(case: Case) -> Verdict:
    """Keeps messages inside the workspace's allow-list of countries."""
    allowed = rule(case, "audience.countries")
    where = case.address.to.country
    if where in case.settings.countries:
        return Verdict("country", Action.PASS, allowed)
    return Verdict("country", Action.SUPPRESS, allowed, f"country.not-allowed: {where or 'a number of no country'}")
