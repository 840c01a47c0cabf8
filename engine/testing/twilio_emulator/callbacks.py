"""Status callbacks: how accepted messages fare, told to whoever asked for it."""

from __future__ import annotations

import asyncio

from engine.testing.twilio_emulator import replies
from engine.testing.twilio_emulator.calling import Caller
from engine.testing.twilio_emulator.ledger import Accepted


class Callbacks:
    """Tells of each status after the first, at its time."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def follow(self, message: Accepted) -> None:
        """Begins to report a message's progress."""
        self._caller.begin(self._report(message))

    async def _report(self, message: Accepted) -> None:
        caller = self._caller
        first, _, _ = replies.status_at(message, caller.behaviour, message.at)
        posts = []
        for _, after in caller.behaviour.progress:
            at = message.at + after
            status, error, _ = replies.status_at(message, caller.behaviour, at)
            if status == first:
                continue
            await asyncio.sleep(max(0.0, at - caller.now()))
            posts.append(asyncio.ensure_future(self._post(message, status, error)))
        await asyncio.gather(*posts)

    async def _post(self, message: Accepted, status: str, error: int | None) -> None:
        caller = self._caller
        shown = replies.message_json(message, caller.account, caller.behaviour, caller.now())
        parameters = {
            "AccountSid": caller.account.sid,
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
        await caller.post(message.sid, status, str(message.status_callback), parameters)
