"""A measure that is no pair of times: a ratio with its target, and what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One line of the table. `at_least` tells on which side of the target the value belongs."""

    name: str
    made_of: str
    value: float
    target: float
    at_least: bool
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return self.value >= self.target if self.at_least else self.value <= self.target


def measures_table(measures: Sequence[Measure]) -> str:
    """Gives the results as a Markdown table."""
    rows = ["| what | measured | value | target |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {m.name} | {m.made_of} | **{m.value:.3g}{m.unit}** | {'≥' if m.at_least else '≤'} {m.target:g}{m.unit} |"
        for m in measures
    ]
    return "\n".join(rows)
