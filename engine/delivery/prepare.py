"""Turns a claim into a message ready for the wire, or into the change that ends or postpones it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from engine.compose.composer import Address, Composed, Recipient
from engine.config.models import ConsentConfig
from engine.config.settings_models import WorkspaceConfig
from engine.delivery.gates import Action, Case, Verdict, ask, ask_plugins, caps_of
from engine.delivery.gates.confirming import LATE, confirm_by
from engine.delivery.halts import Halted, paused, rests
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.errors import ComposeError, ConfigError, EngineError, InvalidNumber, UsageError
from engine.outbox import TOO_LATE, Change, Claim, Frozen, Prepared
from engine.plugins import Plugins
from engine.stops import WHENEVER
from engine.types import E164, ConsentNeed, Json, MessageState, NumberKind, OutboundMessage, Purpose

logger = logging.getLogger("engine.delivery")

CRASH_WAIT = timedelta(minutes=1)
"""How long a message waits after a plugin crashed over it."""

CLAIMED = frozenset({MessageState.CLAIMED})
_ENDS = {Action.SUPPRESS: MessageState.SUPPRESSED, Action.EXPIRE: MessageState.EXPIRED}


def prepare(claim: Claim, live: Live, plugins: Plugins, halted: Halted, *, owner: str, now: datetime) -> Ready | Change:
    """Composes a message, unless an earlier attempt froze it, and asks the gates.

    What is wrong with one message ends it `failed`, with the reason; a plugin that crashes puts it off. Raises
    ConfigError, UsageError and StateUnavailable for what concerns the worker: then no message is to blame.
    """
    try:
        return _halted(claim, halted, "", owner, now) or _prepare(claim, live, plugins, halted, owner, now)
    except ComposeError as error:
        return _change(claim, owner, now, MessageState.FAILED, f"{error.reason}: {error.message}")
    except InvalidNumber as error:
        return _change(claim, owner, now, MessageState.FAILED, f"{error.code}: {error.message}")
    except EngineError:
        raise
    except Exception as error:
        logger.exception("a plugin crashed over message %s", claim.id)
        later = now + CRASH_WAIT
        return back(claim, owner, now, f"plugin.crashed: {type(error).__name__}: {error}", due_at=later)


def try_to_prepare(
    claim: Claim, live: Live, plugins: Plugins, halted: Halted, *, owner: str, now: datetime
) -> Ready | Change | str:
    """The same, but gives a string, which says why, where this worker cannot compose, whatever the message. Raises
    StateUnavailable."""
    try:
        return prepare(claim, live, plugins, halted, owner=owner, now=now)
    except (ConfigError, UsageError) as error:
        return error.message


def back(
    claim: Claim, owner: str, now: datetime, reason: str, *, lane: str | None = None, due_at: datetime | None = None
) -> Change:
    """Gives a claimed message back to wait."""
    state = MessageState.RETRY_WAIT if claim.attempt else MessageState.QUEUED
    return replace(_change(claim, owner, now, state, reason, due_at=due_at), lane=lane)


def _prepare(claim: Claim, live: Live, plugins: Plugins, halted: Halted, owner: str, now: datetime) -> Ready | Change:
    settings = live.settings(claim.workspace, claim.release)
    composer = live.composer(claim.release, claim.workspace)
    recipient = Recipient(
        person=claim.person, number=claim.number, data=claim.data, event=claim.event, reply_from=claim.reply_from
    )
    resting = halted.resting(claim.workspace, now)
    address = _address_of(claim.frozen) if claim.frozen else composer.address(claim.template, recipient, avoid=resting)
    if (waits := _halted(claim, halted, address.sender_name or "", owner, now)) is not None:
        return waits
    verdicts = ask(Case(claim, address, settings, now, composer.time_zones))
    if verdicts[-1].action is not Action.PASS:
        return _stopped(claim, owner, now, verdicts)
    frozen = claim.frozen
    if frozen is None:
        composed = composer.compose(claim.template, recipient, message_id=claim.id, now=now, address=address)
        frozen = _freeze(composed)
    by = confirm_by(claim)
    message = OutboundMessage(
        id=claim.id,
        workspace=claim.workspace,
        attempt=claim.attempt + 1,
        to=frozen.to,
        sender=frozen.sender,
        body=frozen.body,
        media=frozen.media,
        status_callback=live.status_callback(claim.workspace, claim.id, claim.attempt + 1),
        valid_seconds=_valid_seconds(by, settings, now),
        country=frozen.country,
    )
    verdict = ask_plugins(plugins, message, now)
    verdicts.append(verdict)
    if verdict.action is not Action.PASS:
        return _stopped(claim, owner, now, verdicts)
    cost = live.cost(claim.workspace, claim.release, frozen)
    caps = caps_of(claim, frozen, settings, cost, now)
    if isinstance(caps, Verdict):
        return _stopped(claim, owner, now, [*verdicts, caps])
    consent = live.consent(claim.workspace, claim.release)
    topic = composer.topic(claim.template) if claim.purpose is Purpose.MARKETING else None
    need = need_of(claim, consent, topic)
    passed = tuple([(verdict.gate, verdict.rule) for verdict in verdicts])
    untils = [verdict.until for verdict in verdicts if verdict.until is not None]
    prepared = Prepared(
        id=claim.id,
        owner=owner,
        attempt=claim.attempt,
        frozen=frozen,
        need=need,
        consent_sender=frozen.sender.name if consent.scope == "sender" else "",
        trail=_trail(passed, claim.workspace, claim.template, need, topic),
        via=live.via(claim.workspace, claim.release),
        not_after=min(untils) if untils else None,
        late=LATE if by is not None else TOO_LATE,
        caps=caps,
        cost=cost,
        marketing=claim.purpose is Purpose.MARKETING,
        topic=topic or "",
    )
    return Ready(claim, prepared, message)


def need_of(claim: Claim, consent: ConsentConfig, topic: str | None) -> ConsentNeed:
    """Gives what a message needs of its recipient: nothing for the confirmation of a STOP and the answer to HELP,
    a subscription for marketing, unless it has a topic with subscribers of its own, and no stop for the rest."""
    if claim.event.get("consent") in ("stop", "help"):
        return ConsentNeed.NOTHING
    if claim.purpose is Purpose.MARKETING and topic is None and consent.marketing == "subscribed":
        return ConsentNeed.SUBSCRIBED
    return ConsentNeed.NOT_STOPPED


# Messages come in their thousands with one and the same trail: its object is shared.
@lru_cache(maxsize=1024)
def _trail(
    passed: tuple[tuple[str, str], ...], workspace: str, template: str, need: ConsentNeed, topic: str | None
) -> Sequence[Mapping[str, Json]]:
    """Gives the trail of a message that passed these gates, by these rules. Whether the recipient's consent is what it
    needs is seen in the commit: its own entry says so."""
    trail = [Verdict(gate, Action.PASS, rule).as_trail() for gate, rule in passed]
    rule = f"{workspace}/consent#marketing"
    trail.append({"gate": "consent", "verdict": "needs", "rule": rule, "reason": str(need)})
    if topic is not None:
        rule = f"{workspace}/template/{template}#topic"
        trail.append({"gate": "topic", "verdict": "needs", "rule": rule, "reason": topic})
    return tuple(trail)


def _halted(claim: Claim, halted: Halted, sender: str, owner: str, now: datetime) -> Change | None:
    """Gives the change that makes a message wait for a pause or, once its sender is known, a breaker."""
    if not halted.pauses and not halted.breakers:
        return None
    if (pause := halted.pause(claim.workspace, claim.template, sender)) is not None:
        scope, verdict, until = pause.scope, paused(pause), WHENEVER
    elif (breaker := halted.breaker(claim, f"{claim.workspace}/sender/{sender}", now)) is not None:
        scope, verdict, until = breaker.scope, rests(breaker), max(breaker.until, now)
    else:
        return None
    lane = f"{claim.workspace}/sender/{sender}" if sender else None
    waits = back(claim, owner, now, verdict.reason or "", lane=lane, due_at=until)
    return replace(waits, waits_for=scope, detail={"trail": [verdict.as_trail()]})


def _valid_seconds(by: datetime | None, settings: WorkspaceConfig, now: datetime) -> int:
    valid = settings.sending.valid_for if by is None else min(settings.sending.valid_for, by - now)
    return max(int(valid.total_seconds()), 1)


def _freeze(composed: Composed) -> Frozen:
    return Frozen(
        to=composed.to,
        country=composed.country,
        sender=composed.sender,
        body=composed.body,
        media=composed.media,
        encoding=str(composed.encoding),
        segments=composed.segments,
        links=composed.links,
    )


def _address_of(frozen: Frozen) -> Address:
    number = E164(frozen.to, frozen.country, NumberKind.OTHER, None)
    return Address(to=number, sender_name=frozen.sender.name, sender=frozen.sender)


def _stopped(claim: Claim, owner: str, now: datetime, verdicts: list[Verdict]) -> Change:
    last = verdicts[-1]
    detail: dict[str, Json] = {"trail": [verdict.as_trail() for verdict in verdicts]}
    state = _ENDS.get(last.action, MessageState.QUEUED)
    return _change(claim, owner, now, state, last.reason, due_at=last.until, detail=detail)


def _change(
    claim: Claim,
    owner: str,
    now: datetime,
    state: MessageState,
    reason: str | None,
    due_at: datetime | None = None,
    detail: dict[str, Json] | None = None,
) -> Change:
    return Change(
        id=claim.id,
        was=CLAIMED,
        state=state,
        at=now,
        attempt=claim.attempt,
        owner=owner,
        reason=reason,
        due_at=due_at,
        detail=detail or {},
    )
