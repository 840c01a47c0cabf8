"""What happened to a message, and which rule in which file decided it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.clicks import RecordedClick
from engine.errors import UsageError
from engine.outbox import Link, MessageRecord
from engine.store import Store
from engine.types import Json, MessageState, Release, Source


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate that a message came to."""

    gate: str
    verdict: str
    reason: str | None
    rule: str  # an address and field: "acme/workspace#quiet_hours"
    source: Source | None  # where that stands in the config of the message's release


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a message."""

    at: datetime
    state: MessageState
    attempt: int
    reason: str | None
    gates: tuple[GateView, ...]
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A message with everything that happened to it, oldest first."""

    message: MessageRecord
    release: Release | None
    template: Source | None
    steps: tuple[Step, ...]
    follows: str | None = None  # the undelivered message that this one repeats
    followed_by: str | None = None
    links: tuple[Link, ...] = ()
    clicks: tuple[RecordedClick, ...] = ()  # on those links, oldest first

    def clicks_on(self, link: Link) -> list[RecordedClick]:
        """Gives the clicks on one link, oldest first."""
        return [click for click in self.clicks if click.position == link.position]


def explain(store: Store, message_id: str) -> Explanation:
    """Gives a message's history with its rules. Raises UsageError where there is no such message."""
    message = store.message(message_id)
    if message is None:
        raise UsageError(f"there is no message {message_id!r}", hint="list them with `engine messages`")
    release = store.release(message.release)
    sources = release.sources if release else {}
    steps = []
    for entry in store.history(message_id):
        detail = dict(entry.detail)
        trail: Sequence[Mapping[str, Json]] = detail.pop("trail", ())
        gates = tuple(_gate(item, sources) for item in trail)
        steps.append(Step(entry.at, entry.state, entry.attempt, entry.reason, gates, detail))
    return Explanation(
        message=message,
        release=release,
        template=sources.get(f"{message.workspace}/template/{message.template}"),
        steps=tuple(steps),
        follows=store.followed(message_id),
        followed_by=store.follower(message_id),
        links=tuple(store.links(message_id)),
        clicks=tuple(store.clicks(message_id)),
    )


def _gate(item: Mapping[str, Json], sources: Mapping[str, Source]) -> GateView:
    rule = str(item.get("rule", ""))
    return GateView(
        gate=str(item.get("gate", "")),
        verdict=str(item.get("verdict", "")),
        reason=item.get("reason"),
        rule=rule,
        source=_closest(rule, sources),
    )


def _closest(rule: str, sources: Mapping[str, Source]) -> Source | None:
    """Gives where a rule stands: its field, the field around it, or the object whose default it is."""
    while rule:
        if rule in sources:
            return sources[rule]
        address, hash_, field = rule.partition("#")
        outer, dot, _ = field.rpartition(".")
        rule = f"{address}#{outer}" if dot else (address if hash_ else "")
    return None
