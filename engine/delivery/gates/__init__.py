"""Gates: each looks at one addressed message and lets it pass, puts it off, or suppresses it, with a reason.

`explain` prints every verdict with the rule it came from, so each gate names the place in the config that rules it.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.delivery.gates.caps import caps_of
from engine.delivery.gates.country import country
from engine.delivery.gates.expired import expired
from engine.delivery.gates.local_time import local_time
from engine.delivery.gates.number import number
from engine.delivery.gates.plugins import ask_plugins
from engine.delivery.gates.quiet_hours import quiet_hours
from engine.delivery.gates.verdict import Action, Case, Gate, Verdict

__all__ = ["GATES", "Action", "Case", "Gate", "Verdict", "ask", "ask_plugins", "caps_of"]

GATES: Sequence[Gate] = (expired, country, number, local_time, quiet_hours)
"""In the order in which they are asked; the first that does not pass decides."""


def ask(case: Case, gates: Sequence[Gate] = GATES) -> list[Verdict]:
    """Gives the verdicts up to the first that does not pass."""
    verdicts = []
    for gate in gates:
        verdict = gate(case)
        if verdict is None:
            continue
        verdicts.append(verdict)
        if verdict.action is not Action.PASS:
            break
    return verdicts
