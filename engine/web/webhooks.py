"""Where providers call: one address a workspace and provider for texts, and one for statuses.

A call is read (64 KiB at most), checked, recorded and only then answered. It says itself whether it brings a text or a
status, whichever of the two addresses it came to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException

from engine.contracts import Provider, Route
from engine.delivery.addresses import INBOUND_PATH, STATUS_PATH
from engine.errors import ConfigError, InvalidSignature, StateUnavailable, UsageError
from engine.types import InboundMessage, StatusUpdate, WebhookAnswer, WebhookRequest
from engine.web.intake import Intake, Recorded
from engine.web.links import UNKNOWN
from engine.web.log import remark

logger = logging.getLogger("engine.web")

LONGEST = 64 * 1024
"""Bytes of a call's body. Twilio's longest, with ten media and 1,600 characters of four bytes each, has half of that.
"""

READ_WITHIN = 10.0
"""Seconds that the body of a call may take to arrive."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def webhook_routes(intake: Intake) -> list[Route]:
    """Gives the routes. A signed GET is a call as well, since a number in Twilio's console may be set to it."""
    return [Route(path, Webhook(intake), methods=("POST", "GET")) for path in (INBOUND_PATH, STATUS_PATH)]


class Webhook:
    """Answers one call; an ASGI application."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 or 204: recorded. 400: signed, and not to be read. 403: not signed by the provider. 404: no such
        workspace or provider. 405: wrong method. 413: too long. 503: not recorded; come again."""
        names = scope["path_params"]
        lines = self._intake.lines
        line = lines.called(names["workspace"], names["provider"])
        if line is None:
            await UNKNOWN.send(send)  # as for any address that is not there
            return
        method = scope["method"]
        if method not in ("POST", "GET"):
            raise HTTPException(405, headers={"Allow": "POST"})
        if line.provider is None:
            logger.error("webhooks of %s: %s", names["workspace"], line.trouble)
            raise HTTPException(503)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive, headers)
        request = WebhookRequest(method, _url(lines.public_url, scope), headers, body)
        said = _read(line.provider, request, names["workspace"], scope)
        try:
            recorded = await self._intake.call(names["workspace"], said) if said else []
        except StateUnavailable as error:
            logger.error("webhooks of %s: %s", names["workspace"], error.message)  # noqa: TRY400 # no bug, no traceback
            raise HTTPException(503, headers={"Retry-After": "5"}) from error
        remark(scope, _remark(said, recorded))
        await _answer(send, _answer_to(line.provider, said, recorded))


async def _body(receive: Receive, headers: Mapping[str, str]) -> bytes:
    """Reads a body, counting: what Content-Length says is believed only where it says too much."""
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > LONGEST:
        raise _too_long()
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN):
            while True:
                message = await receive()
                if message["type"].endswith("disconnect"):
                    raise HTTPException(400)  # nobody is there to read it
                body += message.get("body", b"")
                if len(body) > LONGEST:
                    raise _too_long()
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError as error:
        raise HTTPException(408, headers={"Connection": "close"}) from error


def _too_long() -> HTTPException:
    return HTTPException(413, headers={"Connection": "close"})


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
        return [_named(one, scope) for one in provider.parse(request)]
    except InvalidSignature as error:
        remark(scope, f"refused: {error.message}")
        if request.method == "GET":
            raise HTTPException(405, headers={"Allow": "POST"}) from error
        raise HTTPException(403) from error
    except UsageError as error:
        remark(scope, f"unreadable: {error.message}")
        raise HTTPException(400) from error
    except ConfigError as error:
        logger.error("webhooks of %s: %s", workspace, error.message)  # noqa: TRY400 # no bug, no traceback
        raise HTTPException(503) from error


def _named(one: InboundMessage | StatusUpdate, scope: Scope) -> InboundMessage | StatusUpdate:
    """Gives a status with the message and attempt that its address names; the signature covers the address."""
    if isinstance(one, InboundMessage):
        return one
    query = parse_qs(scope["query_string"].decode("latin-1"))
    message, attempt = query.get("message", [""])[0], query.get("attempt", [""])[0]
    number = int(attempt) if attempt.isascii() and attempt.isdigit() and len(attempt) < 10 else None
    return replace(one, message_id=message or None, attempt=number)


def _answer_to(
    provider: Provider[Any], said: Sequence[InboundMessage | StatusUpdate], recorded: Sequence[Recorded]
) -> WebhookAnswer:
    if not any(isinstance(one, InboundMessage) for one in said):
        return WebhookAnswer()
    return provider.answer([one.reply for one in recorded if one.reply is not None])


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


async def _answer(send: Send, answer: WebhookAnswer) -> None:
    headers = [(b"content-length", str(len(answer.body)).encode())] if answer.body else []
    if answer.media_type is not None:
        headers.append((b"content-type", answer.media_type.encode()))
    await send({"type": "http.response.start", "status": 200 if answer.body else 204, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
