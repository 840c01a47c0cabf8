"""Calls webhooks: what keyword rules recorded with a text is told to whoever wants to know, at least once.

Failures are retried on the schedule of Standard Webhooks, which says the same of every answer: 2xx is success, 410 ends
all calls of the webhook, anything else is tried again until the schedule is over.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from engine.config.addresses import is_local
from engine.config.settings_models import Webhook
from engine.delivery.hands import Hands
from engine.delivery.live import Live
from engine.delivery.signing import key_of, signed
from engine.errors import ConfigError
from engine.network import Answer, FetchError, Network, Refusal, fetch, local_network, public_network
from engine.webhooks import CallChange, CallState, ClaimedCall, GoneWebhook

logger = logging.getLogger("engine.delivery")

RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600)
)
"""Waits between attempts, of the scheme's example: the last attempt is made after a day and a half."""

JITTER = 0.2
"""Share of a wait that chance adds, so that calls which failed together do not come back together."""

LONGEST_ASKED = timedelta(hours=24)
"""A webhook that asks to be left alone (Retry-After) is, for no longer than this."""

TIME_OUT = 20.0
"""Seconds that a call may take; the scheme recommends 15 to 30."""

LEASE = timedelta(seconds=60)
EACH = 8
"""Calls of one webhook at once: a slow one keeps nobody but itself waiting."""

AT_ONCE = 64
IDLE = 0.25
KEPT = timedelta(days=30)
"""How long a call that was delivered can be looked at. What it said is in the text that caused it."""

FORGETS_EVERY = timedelta(hours=1)
FORGETS = 1000
"""Calls that are forgotten in one transaction."""

NOT_CONFIGURED_WAIT = timedelta(minutes=1)

GONE = "webhook.gone"
_REASONS = {
    Refusal.URL: "webhook.address",
    Refusal.ADDRESS: "webhook.address",
    Refusal.UNREACHABLE: "webhook.unreachable",
}


class WebhookCalls:
    """The stage of the send loop that calls webhooks. `run` goes on until it is cancelled."""

    def __init__(self, hands: Hands, live: Live) -> None:
        self._hands = hands
        self._live = live
        self._networks: dict[bool, Network] = {}  # by whether it is this machine
        self._random = random.Random()  # noqa: S311 # jitter, no secret
        self._calls: set[asyncio.Task[None]] = set()
        self._busy: Counter[tuple[str, str]] = Counter()
        self._threads: ThreadPoolExecutor | None = None
        self._forgets_at = hands.clock()

    async def run(self) -> None:
        """Makes calls as they fall due, and forgets those that were delivered long ago."""
        while True:
            claimed = await self._claim()
            if not claimed:
                await self._forget()
            await asyncio.sleep(0 if claimed else IDLE)

    async def _forget(self) -> None:
        hands, now = self._hands, self._hands.clock()
        if now < self._forgets_at:
            return
        forgotten = await hands.ask(hands.store.forget_calls, before=now - KEPT, limit=FORGETS)
        if forgotten < FORGETS:
            self._forgets_at = now + FORGETS_EVERY

    async def left(self) -> bool:
        """True while a call is under way or due."""
        return bool(self._calls) or await self._hands.ask(self._hands.store.calls_due, self._hands.clock())

    async def finish(self) -> None:
        """Waits for what is under way; a call takes no longer than `TIME_OUT`."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=TIME_OUT)
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _claim(self) -> int:
        hands = self._hands
        room = AT_ONCE - len(self._calls)
        if room <= 0:
            return 0
        claims = await hands.ask(
            hands.store.claim_calls,
            owner=hands.owner,
            now=hands.clock(),
            lease=LEASE,
            each=EACH,
            limit=room,
            busy=list(self._busy),
        )
        if not claims:
            return 0
        gone = {(one.workspace, one.webhook): one.url for one in await hands.ask(hands.store.gone_webhooks)}
        for call in claims:
            key = (call.workspace, call.webhook)
            self._busy[key] += 1
            task = asyncio.create_task(self._call(call, gone.get(key)))
            self._calls.add(task)
            task.add_done_callback(partial(self._done, key))
        return len(claims)

    def _done(self, key: tuple[str, str], task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._busy -= Counter([key])
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out, and it is made again.
            logger.error("a call of the webhook %s/%s could not be recorded", *key, exc_info=error)

    async def _call(self, call: ClaimedCall, gone: str | None) -> None:
        hands = self._hands
        webhook = self._webhook(call)
        change = CallChange(call.id, hands.owner, CallState.FAILED, hands.clock(), counts=False)
        if webhook is None:
            change = replace(change, reason="webhook.unknown: workspace.yaml has no such webhook any more")
        elif webhook.url == gone:
            change = replace(change, reason=GONE)
        else:
            change = await self._attempt(call, webhook)
        await hands.ask(hands.store.change_calls, [change])
        if webhook is not None and change.reason == GONE and change.counts:
            ended = GoneWebhook(call.workspace, call.webhook, webhook.url, change.at)
            await hands.ask(hands.store.webhook_is_gone, ended)
        if change.state is CallState.FAILED:
            logger.warning("webhook %s/%s: %s was given up: %s", call.workspace, call.webhook, call.id, change.reason)

    async def _attempt(self, call: ClaimedCall, webhook: Webhook) -> CallChange:
        hands = self._hands
        pending = CallChange(call.id, hands.owner, CallState.PENDING, hands.clock())
        try:
            keys = [self._key(webhook, index) for index in range(len(webhook.secret))]
        except ConfigError as error:
            later = hands.clock() + NOT_CONFIGURED_WAIT
            return replace(pending, reason=f"webhook.not-configured: {error.message}", due_at=later, counts=False)
        body = call.body.encode()
        headers = {"Content-Type": "application/json", **signed(call.id, body, keys, now=hands.clock())}
        ask = partial(
            fetch, webhook.url, self._network(webhook), max_bytes=0, method="POST", headers=headers, body=body
        )
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool(), ask)
        except FetchError as error:
            return self._again(call, replace(pending, at=hands.clock()), f"{_REASONS[error.kind]}: {error.message}")
        return self._answered(call, answer, replace(pending, at=hands.clock()))

    def _answered(self, call: ClaimedCall, answer: Answer, change: CallChange) -> CallChange:
        if 200 <= answer.status < 300:
            return replace(change, state=CallState.DELIVERED)
        if answer.status == http.client.GONE:
            return replace(change, state=CallState.FAILED, reason=GONE)
        return self._again(call, change, f"webhook.status: {answer.status}", _asked(answer, change.at))

    def _again(self, call: ClaimedCall, change: CallChange, reason: str, asked: timedelta = timedelta(0)) -> CallChange:
        if call.attempts >= len(RETRIES):
            return replace(change, state=CallState.FAILED, reason=reason)
        wait = RETRIES[call.attempts] * (1 + JITTER * self._random.random())
        return replace(change, reason=reason, due_at=change.at + max(wait, asked))

    def _key(self, webhook: Webhook, index: int) -> bytes:
        secret = webhook.secret[index]
        try:
            return key_of(self._live.secret(secret))
        except ValueError as error:
            raise ConfigError(f"{secret.name}: {error}") from error

    def _webhook(self, call: ClaimedCall) -> Webhook | None:
        workspace = self._live.workspaces.get(call.workspace)
        return workspace.settings.webhooks.get(call.webhook) if workspace is not None else None

    def _network(self, webhook: Webhook) -> Network:
        local = self._live.local_webhooks and is_local(webhook.url)
        if local not in self._networks:
            self._networks[local] = local_network(seconds=TIME_OUT) if local else public_network(seconds=TIME_OUT)
        return self._networks[local]

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, "webhook")
        return self._threads


def _asked(answer: Answer, now: datetime) -> timedelta:
    """Gives how long an answer asks to be left alone, in seconds or until an HTTP date (RFC 9110, 10.2.3)."""
    from email.utils import parsedate_to_datetime

    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:6])), LONGEST_ASKED)
    try:
        until = parsedate_to_datetime(text)
        return min(max(until - now, timedelta(0)), LONGEST_ASKED)
    except (TypeError, ValueError):  # no date, or one without a zone
        return timedelta(0)
