"""How the emulator calls: signed as Twilio signs, as often and in as much disorder as it was told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.ledger import Called, Ledger

if TYPE_CHECKING:
    from aiohttp import ClientSession

AT_ONCE = 50
TIME_OUT = 15
"""Seconds. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides"""


def signature(auth_token: str, url: str, parameters: Mapping[str, str]) -> str:
    """Gives X-Twilio-Signature: HMAC-SHA1 over the address and every parameter, sorted, in base64.

    Source: https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


class Caller:
    """Posts forms, and keeps a record of what was answered."""

    def __init__(
        self, account: Account, behaviour: Behaviour, ledger: Ledger, now: Callable[[], float], seed: int
    ) -> None:
        self.account = account
        self.behaviour = behaviour
        self.now = now
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311 # tests want the same disorder every time
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: ClientSession | None = None
        self._places = asyncio.Semaphore(AT_ONCE)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begins something that ends with the emulator at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stops calling."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def post(
        self,
        sid: str,
        what: str,
        url: str,
        parameters: Mapping[str, str],
        answered: Callable[[str], None] | None = None,
    ) -> None:
        """Posts a form in all its copies. `answered` is called with the text of each answer 2xx."""
        await asyncio.gather(*(self._copy(sid, what, url, parameters, answered) for _ in range(self.behaviour.copies)))

    async def _copy(
        self, sid: str, what: str, url: str, parameters: Mapping[str, str], answered: Callable[[str], None] | None
    ) -> None:
        await asyncio.sleep(self._random.random() * self.behaviour.disorder)
        for _ in range(self.behaviour.tries):
            status, text = await self._once(url, parameters)
            self._ledger.calls.append(Called(self.now(), sid, what, status))
            if status is not None and 200 <= status < 300:
                if answered is not None:
                    answered(text)
                return
            await asyncio.sleep(self.behaviour.retry_after)

    async def _once(self, url: str, parameters: Mapping[str, str]) -> tuple[int | None, str]:
        import aiohttp

        headers = {"X-Twilio-Signature": signature(self.account.auth_token, url, parameters)}
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIME_OUT))
        async with self._places:
            try:
                async with self._session.post(url, data=parameters, headers=headers, allow_redirects=False) as answer:
                    return answer.status, await answer.text()
            except (aiohttp.ClientError, TimeoutError):
                # Twilio gives a call up after its time-out too; text and status can still be fetched.
                return None, ""
