"""The provider `sandbox`: takes messages to phones that live in a file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import ClassVar, TypeVar

from engine import (
    Absent,
    Ambiguous,
    Found,
    InboundMessage,
    OutboundMessage,
    PluginContext,
    Provider,
    ProviderStatus,
    ProviderUnavailable,
    Receipt,
    ReceiptJudgement,
    RemoteSender,
    SenderKind,
    SendError,
    SendOutcome,
    StateUnavailable,
    StatusUpdate,
)
from engine_sandbox.file import NetworkFile
from engine_sandbox.groups import Groups
from engine_sandbox.network import FROM_PHONE, TO_PHONE, Network, Text, failures
from engine_sandbox.options import SandboxOptions
from engine_sandbox.refusals import judge, refusal

T = TypeVar("T")

_STATUSES = {
    "queued": ProviderStatus.ACCEPTED,
    "sent": ProviderStatus.SENT,
    "delivered": ProviderStatus.DELIVERED,
    "undelivered": ProviderStatus.UNDELIVERED,
}


class Sandbox(Provider[SandboxOptions]):
    """A phone network of one's own. Messages arrive at once or as slowly as the options say; receipts follow the clock.

    Any sender may send, since there is no account that would have to own it. One thread does all work on the file.
    """

    name: ClassVar[str] = "sandbox"
    options_model: ClassVar[type[SandboxOptions]] = SandboxOptions
    any_sender: ClassVar[bool] = True

    def __init__(self, options: SandboxOptions, context: PluginContext) -> None:
        super().__init__(options, context)
        self._path = context.state_folder / f"{options.network}.db"
        self._file = NetworkFile(self._path, read_only=context.read_only)
        self._closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox")
        self._groups: Groups[Text] = Groups(self._record, self._thread)

    async def send(self, message: OutboundMessage) -> Receipt:
        """Takes a message, or refuses it as Twilio would. Messages sent at the same time are written together."""
        if self.context.read_only:
            raise SendError("read-only", SendOutcome.NOT_SENT, "nothing is sent from a read-only context")
        if self.options.latency_ms:
            await asyncio.sleep(self.options.latency_ms / 1000)
        refused = refusal(message)
        if refused is not None:
            raise refused
        text = self._to_phone(message)
        try:
            await self._groups.put(text)
        except StateUnavailable as error:
            raise SendError("network-closed", SendOutcome.NOT_SENT, error.message) from error
        except sqlite3.Error as error:
            # A commit that failed may have reached the disk all the same.
            raise SendError("network-failed", SendOutcome.UNKNOWN, f"the phone network failed: {error}") from error
        return Receipt(text.id)

    async def find(
        self, message: OutboundMessage, *, since: datetime, taken: Collection[str]
    ) -> Found | Absent | Ambiguous:
        """Looks for what a message became. Texts carry the message's id here, so the answer is never ambiguous."""
        texts = await self._ask(lambda network: network.with_reference(message.id))
        now = self._now()
        for text in texts:
            if text.workspace == message.workspace and text.id not in taken and text.at >= _milliseconds(since):
                status = text.status(now)
                return Found(text.id, _STATUSES[status], text.error_code if status == "undelivered" else None)
        return Absent()

    async def status(self, provider_id: str) -> StatusUpdate:
        """Gives how far a text is, by the clock."""
        text = await self._ask(lambda network: network.text(provider_id))
        if text is None or text.direction != TO_PHONE:
            raise ProviderUnavailable(f"the phone network has no message {provider_id}")
        status = text.status(self._now())
        return StatusUpdate(provider_id, _STATUSES[status], text.error_code if status == "undelivered" else None)

    def judge(self, code: str) -> ReceiptJudgement:
        """Judges the codes that `unreachable` may name as Twilio's are judged."""
        return judge(code)

    async def senders(self) -> Sequence[RemoteSender]:
        """Lists the senders that were used."""
        used = await self._ask(lambda network: network.senders())
        return [RemoteSender(SenderKind(kind), value, sms=True, mms=True) for kind, value in used]

    def receive(self, from_number: str, to: str, body: str) -> InboundMessage:
        """Makes a phone send a text to one of our senders. Raises StateUnavailable."""
        if self.context.read_only:
            raise StateUnavailable("nothing is received in a read-only context")
        now = self._now()
        text = Text(
            id=self._new_id(),
            direction=FROM_PHONE,
            phone=from_number,
            sender=to,
            sender_kind="",
            body=body,
            media=(),
            at=now,
            sent_at=now,
            done_at=now,
            error_code=None,
            workspace="",
            reference="",
            attempt=0,
        )
        with failures(self._path):
            self._thread.submit(self._record, [text]).result()
        return InboundMessage(text.id, from_number, to, body)

    async def close(self) -> None:
        """Closes the file. A second time, there is nothing left to close."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._file.close).result()
            self._thread.shutdown()

    def _to_phone(self, message: OutboundMessage) -> Text:
        now = self._now()
        sent_at = now + int(self.options.sent_after.total_seconds() * 1000)
        return Text(
            id=self._new_id(),
            direction=TO_PHONE,
            phone=message.to,
            sender=message.sender.value,
            sender_kind=message.sender.kind.value,
            body=message.body,
            media=message.media,
            at=now,
            sent_at=sent_at,
            done_at=sent_at + int(self.options.delivered_after.total_seconds() * 1000),
            error_code=self.options.unreachable.get(message.to),
            workspace=message.workspace,
            reference=message.id,
            attempt=message.attempt,
        )

    def _new_id(self) -> str:
        return f"SB{self.context.random(16).hex()}"

    def _now(self) -> int:
        return _milliseconds(self.context.clock())

    async def _ask(self, question: Callable[[Network], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, lambda: question(self._file.network())
            )
        except StateUnavailable as error:
            raise ProviderUnavailable(error.message) from error
        except sqlite3.Error as error:
            raise ProviderUnavailable(f"the phone network failed: {error}") from error

    def _record(self, texts: Sequence[Text]) -> None:
        self._file.network().record(texts)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
