"""The provider `twilio`: every call goes through Twilio's official client, but for the one that `creating` makes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, cast

from engine import (
    Absent,
    Ambiguous,
    Capability,
    ConfigError,
    Finding,
    Found,
    InboundMessage,
    OutboundMessage,
    Provider,
    Receipt,
    ReceiptJudgement,
    RemoteChange,
    RemoteSender,
    SendError,
    SendOutcome,
    StatusUpdate,
    UsageError,
    WebhookAnswer,
    WebhookRequest,
)
from engine_twilio import signing, webhooks
from engine_twilio.options import TwilioOptions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance

    from engine_twilio.creating import Creator
    from engine_twilio.transport import Transport


class Twilio(Provider[TwilioOptions]):
    """Sends through one Twilio account."""

    name: ClassVar[str] = "twilio"
    options_model = TwilioOptions
    answers_keywords: ClassVar[bool] = True
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.CONFIGURE})
    _last: tuple[WebhookRequest, signing.Parameters] | None = None

    async def send(self, message: OutboundMessage) -> Receipt:
        """Makes one create-message call. A message may be valid for ten hours at most in Twilio's own queue."""
        if self.context.read_only:
            raise SendError("read-only", SendOutcome.NOT_SENT, "nothing is sent from a read-only context")
        return await self._creator.create(message)

    async def find(
        self, message: OutboundMessage, *, since: datetime, taken: Collection[str]
    ) -> Found | Absent | Ambiguous:
        """Lists the messages to the recipient, newest first, and compares. Never filters by DateSent, which is empty
        until a message has been sent."""
        from engine_twilio.errors import asking
        from engine_twilio.look_up import earliest, match, recent

        def earliest_of() -> datetime:
            return earliest(since, self.context.clock(), self._transport.date)

        with asking("looking up a message"):
            records = await self._client.messages.stream_async(to=message.to)
            async with aclosing(cast("AsyncGenerator[MessageInstance, None]", records)) as stream:
                return match(await recent(stream, earliest_of), message, taken)

    async def status(self, provider_id: str) -> StatusUpdate:
        """Fetches one message."""
        from engine_twilio.errors import asking
        from engine_twilio.look_up import error_of, status_of

        with asking("the status of a message"):
            record = await self._client.messages(provider_id).fetch_async()
            return StatusUpdate(provider_id, status_of(record), error_of(record))

    def judge(self, code: str) -> ReceiptJudgement:
        """Looks a receipt's code up in the table of Twilio's codes."""
        from engine_twilio.error_codes import judge

        return judge(code)

    async def senders(self) -> Sequence[RemoteSender]:
        """Lists the account's numbers, short codes and messaging services."""
        from engine_twilio.errors import asking
        from engine_twilio.senders import list_senders

        with asking("the account's senders"):
            return await list_senders(self._client)

    async def configure(self, change: RemoteChange) -> None:
        """Sets webhook addresses of a number, a short code or a messaging service, in one call."""
        from engine_twilio.configuring import configure
        from engine_twilio.errors import changing

        if self.context.read_only:
            raise UsageError("nothing is changed from a read-only context")
        with changing(f"the webhooks of {change.sender.value}"):
            await configure(self._client, change)

    def verify(self, request: WebhookRequest) -> None:
        """Checks the signature with every token that may have made it."""
        signing.check(request, self._parameters(request), self._tokens)

    def parse(self, request: WebhookRequest) -> Sequence[InboundMessage | StatusUpdate]:
        """Gives the one text or status that a call brings."""
        found = webhooks.read(self._parameters(request))
        return () if found is None else (found,)

    @property
    def replies_inline(self) -> bool:
        """True where replies are TwiML."""
        return self.options.replies == "twiml"

    def fits_inline(self, message: OutboundMessage) -> bool:
        """True for what TwiML can carry."""
        return webhooks.fits(message)

    def answer(self, replies: Sequence[OutboundMessage] = ()) -> WebhookAnswer:
        """Gives TwiML."""
        return webhooks.answer(replies)

    async def inbound(self, *, since: datetime, to: Collection[str]) -> Sequence[InboundMessage]:
        """Lists the texts to each number; a messaging service's numbers are asked for first."""
        from engine_twilio.errors import asking
        from engine_twilio.received import list_received

        with asking("the texts that were received"):
            return await list_received(self._client, since, to)

    async def check_account(self) -> Sequence[Finding]:
        """Recognises test credentials, a trial account and one that is not active."""
        from engine_twilio.account import look_at

        return await look_at(self._client, self.options)

    def warm_up(self) -> None:
        """Imports the official client, which takes a tenth of a second, and makes one."""
        _ = self._creator

    async def close(self) -> None:
        """Closes the connections."""
        if "_transport" in self.__dict__:
            await self._transport.close()

    def _parameters(self, request: WebhookRequest) -> signing.Parameters:
        """Gives a call's parameters; those of the last one are kept, since it is checked and then read."""
        if self._last is None or self._last[0] is not request:
            self._last = request, signing.parameters_of(request)
        return self._last[1]

    @cached_property
    def _tokens(self) -> Sequence[str]:
        tokens = [self.context.secret(ref) for ref in self.options.signing_tokens]
        if not tokens:
            raise ConfigError("no token to check Twilio's signatures with", hint="give webhook_auth_tokens")
        return tokens

    @cached_property
    def _creator(self) -> Creator:
        from engine_twilio.creating import Creator

        return Creator(self._client, self._transport, self.context)

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
