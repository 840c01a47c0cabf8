"""Status callbacks: POSTed and signed as Twilio does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.ledger import Accepted

if TYPE_CHECKING:
    from aiohttp import ClientSession

AT_ONCE = 50


def signature(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """Gives X-Twilio-Signature: HMAC-SHA1 over the address and every parameter, sorted, in base64.

    Source: https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class Callbacks:
    """Tells who asked how their messages fare: each status after the first, once, at its time."""

    def __init__(self, account: Account, behaviour: Behaviour, now: Callable[[], float]) -> None:
        self._account = account
        self._behaviour = behaviour
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: ClientSession | None = None
        self._places = asyncio.Semaphore(AT_ONCE)

    def follow(self, message: Accepted) -> None:
        """Begins to report a message's progress."""
        task = asyncio.get_running_loop().create_task(self._report(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stops reporting."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _report(self, message: Accepted) -> None:
        first, _, _ = replies.status_at(message, self._behaviour, message.at)
        for _, after in self._behaviour.progress:
            at = message.at + after
            status, error, _ = replies.status_at(message, self._behaviour, at)
            if status == first:
                continue
            await asyncio.sleep(max(0.0, at - self._now()))
            await self._post(message, status, error)

    async def _post(self, message: Accepted, status: str, error: int | None) -> None:
        import aiohttp

        shown = replies.message_json(message, self._account, self._behaviour, self._now())
        parameters = {
            "AccountSid": self._account.sid,
            "ApiVersion": replies.VERSION,
            "From": shown["from"] or "",
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.to,
        }
        if message.service:
            parameters["MessagingServiceSid"] = message.service
        if error is not None:
            parameters["ErrorCode"] = str(error)
        url = str(message.status_callback)
        headers = {"X-Twilio-Signature": signature(self._account.auth_token, url, parameters)}
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        async with self._places:
            try:
                async with self._session.post(url, data=parameters, headers=headers, allow_redirects=False):
                    pass
            except (aiohttp.ClientError, TimeoutError):
                # Twilio gives a callback up after its time-out too; the status can still be fetched.
                return
