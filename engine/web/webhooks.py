"""Where providers call: one address a workspace and provider for texts, and one for statuses.

A call is read (64 KiB at most), checked, recorded and only then answered. It says itself whether it brings a text or a
status, whichever of the two addresses it came to.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from engine.contracts import Provider
from engine.errors import ConfigError, InvalidSignature, StateUnavailable, UsageError
from engine.types import Clock, InboundMessage, StatusUpdate, WebhookAnswer, WebhookRequest
from engine.web.bodies import Bodies, BodyError, Gone, TooLong, TooSlow
from engine.web.intake import Intake
from engine.web.links import UNKNOWN, Answer, Receive, Send
from engine.web.log import ROUTE, Access, remark, remark_of
from engine.web.recording import Recorded

logger = logging.getLogger("engine.web")

WORD = "webhooks"
"""What the addresses begin with: see `engine.delivery.addresses`."""

Scope = MutableMapping[str, Any]

_CLOSE = ((b"connection", b"close"),)
UNREADABLE = Answer(400, b"This call cannot be read.\n")
REFUSED = Answer(403, b"This call is not signed by who it should be from.\n")
WRONG_METHOD = Answer(405, b"Calls are made with POST.\n", ((b"allow", b"POST"),))
TOO_SLOW = Answer(408, b"This call takes too long.\n", _CLOSE)
TOO_LONG = Answer(413, b"This call is too long.\n", _CLOSE)
NOT_NOW = Answer(503, b"This call could not be recorded. Please call again.\n", ((b"retry-after", b"5"),))


_NO_BODY: Mapping[type[BodyError], Answer] = {TooLong: TOO_LONG, TooSlow: TOO_SLOW, Gone: UNREADABLE}


class _Refusal(Exception):
    """Ends a call with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Webhook:
    """Answers calls; an ASGI application for every address that begins with `/webhooks/`.

    200 or 204: recorded. 400: signed, and not to be read. 403: not signed by the provider. 404: no such address,
    workspace or provider. 405: wrong method. 413: too long. 503: not recorded; come again. A signed GET is a call as
    well, since a number in Twilio's console may be set to it.
    """

    def __init__(self, intake: Intake, clock: Clock, log: Callable[[Access], None] | None = None) -> None:
        self._intake = intake
        self._clock = clock
        self._log = log  # told of every call
        self.bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one call."""
        began = time.perf_counter()
        status = 0
        try:
            answer = await self._answer(scope, receive)
            status = 200 if answer.body else 204
            await send({"type": "http.response.start", "status": status, "headers": _headers(answer)})
            await send({"type": "http.response.body", "body": answer.body})
        except _Refusal as refusal:
            status = refusal.answer.status
            await refusal.answer.send(send)
        finally:
            if self._log is not None:
                took = (time.perf_counter() - began) * 1000
                self._log(Access(scope["method"], scope[ROUTE], status, took, remark_of(scope), self._clock()))

    async def _answer(self, scope: Scope, receive: Receive) -> WebhookAnswer:
        lines = self._intake.lines
        line = lines.by_path.get(scope["path"])
        if line is None:
            scope[ROUTE] = "/webhooks/…"
            raise _Refusal(UNKNOWN)  # as for any address that is not there
        scope[ROUTE] = scope["path"]
        workspace, provider = line.line.name, line.provider
        if scope["method"] not in ("POST", "GET"):
            raise _Refusal(WRONG_METHOD)
        if provider is None:
            logger.error("webhooks of %s: %s", workspace, line.trouble)
            raise _Refusal(NOT_NOW)
        said = await self._said(scope, receive, lines.public_url, provider, workspace)
        if not said:
            return WebhookAnswer()
        try:
            recorded = await self._intake.call(workspace, said)
        except StateUnavailable as error:
            logger.error("webhooks of %s: %s", workspace, error.message)  # noqa: TRY400 # no bug, no traceback
            raise _Refusal(NOT_NOW) from error
        remark(scope, _remark(said, recorded))
        texts = [done for done in recorded if done.received is not None]
        if not texts:
            return WebhookAnswer()
        return provider.answer([done.reply for done in texts if done.reply is not None])

    async def _said(
        self, scope: Scope, receive: Receive, public_url: str, provider: Provider[Any], workspace: str
    ) -> Sequence[InboundMessage | StatusUpdate]:
        """Reads a call. Hundreds may wait for their record at once: nothing of how each was said is kept meanwhile."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await self.bodies.read(receive, headers.get("content-length", ""))
        except BodyError as error:
            raise _Refusal(_NO_BODY[type(error)]) from error
        request = WebhookRequest(scope["method"], _url(public_url, scope), headers, body)
        return _read(provider, request, workspace, scope)


def _headers(answer: WebhookAnswer) -> Sequence[tuple[bytes, bytes]]:
    headers = [(b"content-length", b"%d" % len(answer.body))] if answer.body else []
    if answer.media_type is not None:
        headers.append((b"content-type", answer.media_type.encode()))
    return headers


def _url(public_url: str, scope: Scope) -> str:
    """Gives the address that the provider called: what the config says, whatever a proxy made of host and scheme."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return public_url + (path + b"?" + query if query else path).decode("latin-1")


def _read(
    provider: Provider[Any], request: WebhookRequest, workspace: str, scope: Scope
) -> Sequence[InboundMessage | StatusUpdate]:
    try:
        provider.verify(request)
        said = provider.parse(request)
        return said if not scope["query_string"] else [_named(one, scope) for one in said]
    except InvalidSignature as error:
        remark(scope, f"refused: {error.message}")
        raise _Refusal(WRONG_METHOD if request.method == "GET" else REFUSED) from error
    except UsageError as error:
        remark(scope, f"unreadable: {error.message}")
        raise _Refusal(UNREADABLE) from error
    except ConfigError as error:
        logger.error("webhooks of %s: %s", workspace, error.message)  # noqa: TRY400 # no bug, no traceback
        raise _Refusal(NOT_NOW) from error


def _named(one: InboundMessage | StatusUpdate, scope: Scope) -> InboundMessage | StatusUpdate:
    """Gives a status with the message and attempt that its address names; the signature covers the address."""
    if isinstance(one, InboundMessage):
        return one
    query = parse_qs(scope["query_string"].decode("latin-1"))
    message, attempt = query.get("message", [""])[0], query.get("attempt", [""])[0]
    number = int(attempt) if attempt.isascii() and attempt.isdigit() and len(attempt) < 10 else None
    return replace(one, message_id=message or None, attempt=number)


def _remark(said: Sequence[InboundMessage | StatusUpdate], recorded: Sequence[Recorded]) -> str:
    words = []
    for one, done in zip(said, recorded, strict=False):
        if isinstance(one, StatusUpdate):
            words.append(f"{one.provider_id} {one.status}")
        elif done.received is not None and done.received.repeated:
            words.append(f"{one.provider_id} repeated")
        elif done.received is not None:
            words.append(f"{one.provider_id} rule {done.received.routed.name}")
    return ", ".join(words)
