"""Which texts would meet another rule than today: those of the config's conversation tests, and those that came in.

A plan goes into pull requests. So a real text is shown only where several people wrote the same; one that a single
person wrote is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.reconcile.effects import RouteEffect

FEWEST = 2
"""How many people must have written a text before it is shown."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A text of the corpus."""

    workspace: str
    to: str  # the name of a sender, or what the provider calls it
    text: str
    origin: Literal["tests", "inbound"]
    number: str = ""  # who wrote it; empty in a test


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where a text goes under one config."""

    sender: str | None  # the sender's name
    rule: str | None


Route = Callable[[Heard], Arrived | None]
"""Where a text goes; None where its workspace or the sender that it came to is not there."""


@dataclass(frozen=True, slots=True)
class _Move:
    """From which rule to which, for texts of one kind to one sender."""

    workspace: str
    sender: str | None
    origin: Literal["tests", "inbound"]
    before: str | None
    after: str | None


@dataclass(slots=True)
class _Alike:
    """Texts that differ in case and spaces alone."""

    text: str
    times: int = 0
    numbers: set[str] = field(default_factory=set)


def routes(
    changed: Iterable[str], corpus: Iterable[Heard], *, route_before: Route, route: Route
) -> Mapping[str, Sequence[RouteEffect]]:
    """Gives the effects by the address of the change that causes them, of those that are `changed`."""
    addresses = frozenset(changed)
    moves: dict[_Move, dict[str, _Alike]] = {}
    for heard in corpus:
        was, now = route_before(heard), route(heard)
        if was is None or now is None or was.rule == now.rule:
            continue
        texts = moves.setdefault(_Move(heard.workspace, now.sender, heard.origin, was.rule, now.rule), {})
        alike = texts.setdefault(" ".join(heard.text.split()).casefold(), _Alike(heard.text.strip()))
        alike.times += 1
        alike.numbers.add(heard.number)
    found: dict[str, list[RouteEffect]] = {}
    for move, texts in moves.items():
        cause = _cause(move, addresses)
        if cause is not None:
            found.setdefault(cause, []).extend(_effects(move, texts.values()))
    return found


def _effects(move: _Move, texts: Iterable[_Alike]) -> Iterator[RouteEffect]:
    def effect(text: str | None, times: int) -> RouteEffect:
        return RouteEffect(move.workspace, move.sender, text, move.origin, times, move.before, move.after)

    hidden = 0
    for alike in sorted(texts, key=lambda one: (-one.times, one.text)):
        if move.origin == "tests" or len(alike.numbers) >= FEWEST:
            yield effect(alike.text, alike.times)
        else:
            hidden += alike.times
    if hidden:
        yield effect(None, hidden)


def _cause(move: _Move, changed: frozenset[str]) -> str | None:
    """Gives the likeliest change: a rule that won or wins, the consent words, another rule, the sender itself."""
    workspace = move.workspace
    likely = [
        f"{workspace}/keyword/{move.after}",
        f"{workspace}/keyword/{move.before}",
        f"{workspace}/consent",
        f"{workspace}/keywords",
        *sorted(address for address in changed if address.startswith(f"{workspace}/keyword/")),
        f"{workspace}/sender/{move.sender}",
        f"{workspace}/workspace",
    ]
    return next((address for address in likely if address in changed), None)
