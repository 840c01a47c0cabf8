"""The provider `twilio`: every call goes through Twilio's official client."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, cast

from engine import (
    Absent,
    Ambiguous,
    Finding,
    Found,
    OutboundMessage,
    Provider,
    Receipt,
    RemoteSender,
    SenderKind,
    SendError,
    SendOutcome,
    StatusUpdate,
)
from engine_twilio.options import TwilioOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance

    from engine_twilio.transport import Transport

LONGEST_VALIDITY = 36_000
"""Seconds that Twilio queues a message at most. Source: https://www.twilio.com/docs/messaging/api/message-resource"""


class Twilio(Provider[TwilioOptions]):
    """Sends through one Twilio account."""

    name: ClassVar[str] = "twilio"
    options_model = TwilioOptions
    answers_keywords: ClassVar[bool] = True

    async def send(self, message: OutboundMessage) -> Receipt:
        """Makes one create-message call. A message may be valid for ten hours at most in Twilio's own queue."""
        from twilio.base.exceptions import TwilioRestException, TwilioServiceException

        from engine_twilio.errors import refused, unanswered
        from engine_twilio.look_up import SID, error_of, status_of
        from engine_twilio.transport import WireError

        if self.context.read_only:
            raise SendError("read-only", SendOutcome.NOT_SENT, "nothing is sent from a read-only context")
        try:
            made = await self._client.messages.create_async(to=message.to, **_parameters(message))
        except WireError as error:
            raise unanswered(error) from error
        except (TwilioRestException, TwilioServiceException) as error:
            raise refused(error, self._transport.answer.get(), self.context.clock()) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise SendError("unreadable", SendOutcome.UNKNOWN, "Twilio's answer cannot be read") from error
        if not isinstance(made.sid, str) or SID.fullmatch(made.sid) is None:
            raise SendError("unreadable", SendOutcome.UNKNOWN, "Twilio's answer names no message")
        return Receipt(made.sid, status_of(made), error_of(made))

    async def find(
        self, message: OutboundMessage, *, since: datetime, taken: Collection[str]
    ) -> Found | Absent | Ambiguous:
        """Lists the messages to the recipient, newest first, and compares. Never filters by DateSent, which is empty
        until a message has been sent."""
        from engine_twilio.errors import asking
        from engine_twilio.look_up import match, recent

        with asking("looking up a message"):
            records = await self._client.messages.stream_async(to=message.to)
            async with aclosing(cast("AsyncGenerator[MessageInstance, None]", records)) as stream:
                return match(await recent(stream, since), message, taken)

    async def status(self, provider_id: str) -> StatusUpdate:
        """Fetches one message."""
        from engine_twilio.errors import asking
        from engine_twilio.look_up import error_of, status_of

        with asking("the status of a message"):
            record = await self._client.messages(provider_id).fetch_async()
            return StatusUpdate(provider_id, status_of(record), error_of(record))

    async def senders(self) -> Sequence[RemoteSender]:
        """Lists the account's numbers, short codes and messaging services."""
        from engine_twilio.errors import asking
        from engine_twilio.senders import list_senders

        with asking("the account's senders"):
            return await list_senders(self._client)

    async def check_account(self) -> Sequence[Finding]:
        """Recognises test credentials, a trial account and one that is not active."""
        from engine_twilio.account import look_at

        return await look_at(self._client, self.options)

    async def close(self) -> None:
        """Closes the connections."""
        if "_transport" in self.__dict__:
            await self._transport.close()

    @cached_property
    def _transport(self) -> Transport:
        from engine_twilio.transport import Transport

        return Transport(api_url=self.options.api_url)

    @cached_property
    def _client(self) -> Client:
        from twilio.rest import Client

        options, secret = self.options, self.context.secret
        if options.api_key is not None and options.api_secret is not None:
            username, password = options.api_key, secret(options.api_secret)
        else:
            assert options.auth_token is not None  # noqa: S101 # TwilioOptions has made sure of it
            username, password = options.account_sid, secret(options.auth_token)
        return Client(
            username,
            password,
            account_sid=options.account_sid,
            region=options.region,
            edge=options.edge,
            http_client=self._transport,
            # Without a mapping that holds something the client reads TWILIO_REGION and TWILIO_EDGE of the process.
            environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},
            user_agent_extensions=["engine-sms"],
        )


def _parameters(message: OutboundMessage) -> dict[str, object]:
    """Gives the arguments of a create-message call beside the recipient. Absent ones are left out, not sent empty."""
    wanted: dict[str, object] = {}
    if message.sender.kind is SenderKind.MESSAGING_SERVICE:
        wanted["messaging_service_sid"] = message.sender.value
        # Engine has done this already where the workspace wants it: the text must arrive as it was previewed.
        wanted["smart_encoded"] = False
    else:
        wanted["from_"] = message.sender.value
    if message.body or not message.media:
        wanted["body"] = message.body
    if message.media:
        wanted["media_url"] = list(message.media)
    if message.status_callback is not None:
        wanted["status_callback"] = message.status_callback
    if message.valid_seconds is not None:
        wanted["validity_period"] = min(max(message.valid_seconds, 1), LONGEST_VALIDITY)
    return wanted
