"""How much is too much? The store asks this of each message in the transaction that lets it go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from engine.caps import Cap, CapKind, Cost
from engine.config.prices import dearest
from engine.config.settings_models import WorkspaceConfig
from engine.config.values import Rate, print_duration
from engine.delivery.gates.answers import answers
from engine.delivery.gates.verdict import Action, Verdict
from engine.outbox import Claim, Frozen

LAST_DIGITS = 4
"""Digits that numbers of one prefix differ in. Who pumps texts for money holds blocks of thousands of numbers."""


def caps_of(
    claim: Claim, frozen: Frozen, settings: WorkspaceConfig, cost: Cost | None, now: datetime
) -> Sequence[Cap] | Verdict:
    """Gives the caps that a message must stay under, or why it cannot go under one.

    What answers somebody who has just written is no nuisance to them: it is free of the caps that protect people, not
    of those that protect money. The confirmation of a STOP and the answer to HELP are owed: they are free of all.
    """
    limits = settings.limits
    if claim.attempt or claim.event.get("consent") in ("stop", "help"):
        return ()
    where = f"{claim.workspace}/workspace#limits."
    found: list[Cap] = []
    if not answers(claim, now):
        if limits.per_person is not None:
            found.append(_counted(CapKind.PER_PERSON, frozen.to, limits.per_person, f"{where}per_person"))
        if limits.same_text is not None:
            said, key = print_duration(limits.same_text), _digest(frozen)
            found.append(Cap(CapKind.SAME_TEXT, key, 1, 1, limits.same_text, f"{where}same_text", said))
    if limits.per_prefix is not None:
        found.append(_counted(CapKind.PER_PREFIX, frozen.to[:-LAST_DIGITS], limits.per_prefix, f"{where}per_prefix"))
    if limits.spend is not None:
        spend = limits.spend
        counted = cost if cost is not None and cost.currency == spend.currency else _assumed(settings, frozen)
        if counted is None:
            reason = f"limits.no-price: nothing has a price in {spend.currency}"
            return Verdict(CapKind.SPEND.value, Action.SUPPRESS, f"{where}spend", reason)
        most = Cost(spend.amount, spend.currency).millionths
        found.append(
            Cap(CapKind.SPEND, spend.currency, counted.millionths, most, spend.per, f"{where}spend", str(spend))
        )
    return found


def _counted(kind: CapKind, key: str, rate: Rate, rule: str) -> Cap:
    return Cap(kind, key, 1, rate.count, rate.per, rule, str(rate))


def _assumed(settings: WorkspaceConfig, frozen: Frozen) -> Cost | None:
    """Gives what a limit counts where the cost is unknown: as much as the dearest of what is known."""
    spend = settings.limits.spend
    price = dearest(settings, spend.currency) if spend is not None else None
    if spend is None or price is None:
        return None
    return Cost(price * (1 if frozen.media else frozen.segments), spend.currency)


def _digest(frozen: Frozen) -> str:
    """Gives what is equal for equal texts to one number. Each message has short links of its own, so where they lead
    is compared."""
    body = frozen.body
    for link in frozen.links:
        body = body.replace(link.short, link.url, 1)
    words = "\0".join((frozen.to, body, *frozen.media))
    return blake2b(words.encode(), digest_size=16).hexdigest()
