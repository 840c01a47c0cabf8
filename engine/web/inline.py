"""Replies that stand in the answer to a webhook: recorded, composed and gated like every message, and then in doubt.

An answer is a call that nobody answers: whether the provider took the reply is known from its status callback, or from
a look-up. Until then a call that is repeated gets the same answer again, since a provider repeats a call whose answer
it did not get. Once the provider has the reply, and where somebody has stopped meanwhile, the answer is empty.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from engine.contracts import Provider
from engine.delivery import outcomes
from engine.delivery.doubts import as_sent
from engine.delivery.halts import Halted
from engine.delivery.lanes import Ready
from engine.delivery.live import Live
from engine.delivery.outcomes import Attempt
from engine.delivery.prepare import back, need_of, prepare
from engine.errors import ConfigError, UsageError
from engine.inbound.receive import Received
from engine.outbox import Change, Claim
from engine.plugins import Plugins
from engine.store import Store
from engine.types import ConsentNeed, ConsentState, InboundMessage, MessageState, OutboundMessage
from engine.web.lines import OpenLine

logger = logging.getLogger("engine.web")

IN_ANSWER = "reply.in-answer"
NOT_IN_ANSWER = "reply.not-in-answer"


class Inline:
    """Takes a reply out of the outbox into the answer. Called within the transaction that recorded the text, before
    which no worker can have claimed it."""

    def __init__(self, store: Store, plugins: Plugins, live: Live, owner: str) -> None:
        self._store = store
        self._plugins = plugins
        self._live = live
        self._owner = owner

    def reply(
        self, line: OpenLine, provider: Provider[Any], message: InboundMessage, received: Received, now: datetime
    ) -> OutboundMessage | None:
        """Gives the reply that the answer is to hold, committed as one that may have left; None where there is none, or
        where it waits in the outbox: paused, held back by a gate, or nothing that an answer can hold."""
        if received.repeated:
            return self._again(line, message, now)
        if not received.replies:
            return None
        lease = line.line.workspace.settings.sending.lease
        claim = self._store.take(received.replies[0], owner=self._owner, now=now, lease=lease)
        if claim is None:
            return None
        ready = self._prepared(claim, now)
        if isinstance(ready, Ready) and not provider.fits_inline(ready.message):
            ready = back(claim, self._owner, now, NOT_IN_ANSWER)
        if isinstance(ready, Change):
            self._store.change([ready])
            return None
        (committed,) = self._store.commit([ready.prepared], now=now, lease=lease)
        if committed.state is not MessageState.SENDING:
            return None
        attempt = Attempt(claim.id, self._owner, claim.attempt + 1, ready.lane)
        self._store.change([outcomes.in_doubt(attempt, IN_ANSWER, now, line.line.workspace.settings.sending, {})])
        return ready.message

    def _prepared(self, claim: Claim, now: datetime) -> Ready | Change:
        pauses, breakers = self._store.pauses(), self._store.breakers()
        halted = Halted({pause.scope: pause for pause in pauses}, {breaker.scope: breaker for breaker in breakers})
        try:
            return prepare(claim, self._live, self._plugins, halted, owner=self._owner, now=now)
        except (ConfigError, UsageError) as error:
            # This server's own trouble, such as a plugin that is not loaded here: a worker may do better.
            logger.warning("the reply %s goes by the outbox: %s", claim.id, error.message)
            return back(claim, self._owner, now, NOT_IN_ANSWER)

    def _again(self, line: OpenLine, message: InboundMessage, now: datetime) -> OutboundMessage | None:
        reply = self._store.reply_to(line.line.name, message.provider_id)
        claim = self._store.claim_view(reply) if reply is not None else None
        if claim is None or claim.frozen is None or not self._was_in_answer(claim) or self._has_stopped(line, claim):
            return None
        # The doubt begins anew: what was looked for before may come only now.
        sending = line.line.workspace.settings.sending
        self._store.change(
            [
                Change(
                    id=claim.id,
                    was=outcomes.DOUBTFUL,
                    state=MessageState.IN_DOUBT,
                    at=now,
                    attempt=claim.attempt,
                    reason=IN_ANSWER,
                    due_at=now + sending.look_ups[0],
                    look_ups=0,
                )
            ]
        )
        callback = self._live.status_callback(claim.workspace, claim.id, claim.attempt)
        return as_sent(claim, claim.frozen, status_callback=callback)

    def _was_in_answer(self, claim: Claim) -> bool:
        """True while this attempt is one that stood in an answer, and nothing is known of it."""
        return claim.state is MessageState.IN_DOUBT and any(
            entry.reason == IN_ANSWER and entry.attempt == claim.attempt for entry in self._store.history(claim.id)
        )

    def _has_stopped(self, line: OpenLine, claim: Claim) -> bool:
        consent = line.line.workspace.consent
        if claim.frozen is None or need_of(claim, consent, None) is ConsentNeed.NOTHING:
            return False
        sender = claim.frozen.sender.name if consent.scope == "sender" else ""
        return self._store.consent(line.line.name, claim.frozen.to, sender=sender) is ConsentState.STOPPED
