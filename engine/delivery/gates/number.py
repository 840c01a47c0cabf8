"""Can the number be texted, and at whose expense?"""

from __future__ import annotations

from engine.delivery.gates.verdict import Action, Case, Verdict, rule
from engine.types import NumberKind


def number(case: Case) -> Verdict:
    """Keeps money from premium-rate numbers, and messages from numbers that receive none.

    Who owns a premium-rate number earns by every text to it, and fraud lives on that. Where nobody can know from the
    number whether it receives texts, it passes: North America has one range for landlines and mobiles.
    """
    read = rule(case, "numbers")
    to = case.address.to
    if to.kind is NumberKind.PREMIUM_RATE:
        return Verdict("number", Action.SUPPRESS, read, "number.premium-rate")
    if to.receives_texts is False:
        return Verdict("number", Action.SUPPRESS, read, f"number.no-texts: {to.kind}")
    return Verdict("number", Action.PASS, read)
