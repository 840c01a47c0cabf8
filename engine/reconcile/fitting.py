"""Fits parts of a report into a limit: each whole, shorter, or counted, and none cut."""

from __future__ import annotations

from collections.abc import Sequence

GLUE = "\n\n"


def length(text: str) -> int:
    """Gives how much of a limit a text takes: its UTF-16 code units, of which there are at least as many as any way to
    count characters finds, and one more for each @, which whoever posts it may part from the name behind it.
    """
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 + text.count("@")


def fit(parts: Sequence[Sequence[str]], room: int) -> list[str | None]:
    """Gives the form in which each part fits into `room`, `GLUE` behind each; None where none fits.

    A part comes in its forms, the longest first. The shortest forms are placed before any longer one is, and earlier
    parts before later ones.
    """
    chosen: list[int | None] = [None] * len(parts)
    used = 0
    costs = [[length(form) + len(GLUE) for form in forms] for forms in parts]
    for position, forms in enumerate(costs):
        if forms and used + forms[-1] <= room:
            chosen[position] = len(forms) - 1
            used += forms[-1]
    for position, forms in enumerate(costs):
        current = chosen[position]
        if current is None:
            continue
        for form in range(current):
            if used - forms[current] + forms[form] <= room:
                used += forms[form] - forms[current]
                chosen[position] = form
                break
    return [None if form is None else parts[position][form] for position, form in enumerate(chosen)]
