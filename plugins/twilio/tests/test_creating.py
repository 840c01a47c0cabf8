"""Engine's own create-message request is, byte for byte, the one that the official client makes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from engine_twilio.connections import Answer, Connections
from engine_twilio.creating import LONGEST_VALIDITY
from engine_twilio.options import TwilioOptions
from engine_twilio.provider import Twilio
from hypothesis import given
from hypothesis import strategies as st

from engine import OutboundMessage, Sender, SenderKind
from engine.testing.context import plugin_context

SID = "AC00000000000000000000000000000001"
SERVICE = "MG0123456789abcdef0123456789abcdef"
ANSWER = json.dumps({"sid": f"SM{1:032x}", "status": "queued", "error_code": None}).encode()

SENDERS = (
    Sender("a", SenderKind.LONG_CODE, "+14155550100", mms=True),
    Sender("b", SenderKind.SHORT_CODE, "67076", mms=True),
    Sender("c", SenderKind.ALPHANUMERIC, "ACME & Co", mms=True),
    Sender("d", SenderKind.MESSAGING_SERVICE, SERVICE, mms=True),
)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
media = st.lists(st.sampled_from(["https://acme.example/a.png?x=1&y=ä", "https://acme.example/b c.jpg"]), max_size=3)
messages = st.builds(
    OutboundMessage,
    id=st.just("msg_1"),
    workspace=st.just("acme"),
    attempt=st.just(1),
    to=st.sampled_from(["+14155550123", "+447700900123"]),
    sender=st.sampled_from(SENDERS),
    body=texts,
    media=media.map(tuple),
    status_callback=st.none() | st.just("https://engine.example/hooks?message=m 1&attempt=1"),
    valid_seconds=st.none() | st.integers(-1, 100_000),
)


def official(message: OutboundMessage) -> dict[str, Any]:
    """What the official client's documentation asks to be given for a message."""
    service = message.sender.kind is SenderKind.MESSAGING_SERVICE
    wanted: dict[str, Any] = {"to": message.to}
    wanted["messaging_service_sid" if service else "from_"] = message.sender.value
    if service:
        wanted["smart_encoded"] = False
    if message.body or not message.media:
        wanted["body"] = message.body
    if message.media:
        wanted["media_url"] = list(message.media)
    if message.status_callback is not None:
        wanted["status_callback"] = message.status_callback
    if message.valid_seconds is not None:
        wanted["validity_period"] = min(max(message.valid_seconds, 1), LONGEST_VALIDITY)
    return wanted


async def take(
    seen: list[bytes], done: asyncio.Event, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Writes down each request of a connection as it came, and answers in Twilio's stead."""
    with suppress(asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length is not None
            seen.append(head + await reader.readexactly(int(length[1])))
            writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER))
    writer.close()
    await writer.wait_closed()
    done.set()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Twilio]:
    """Builds the provider with further options."""
    folder = tmp_path_factory.mktemp("twilio")
    secrets = {"TOKEN": "a token: ü", "SECRET": "s"}

    def make(**options: Any) -> Twilio:
        usual = {"account_sid": SID, "auth_token": "${TOKEN}"}
        return Twilio(TwilioOptions.model_validate(usual | options), plugin_context(folder, secrets=secrets))

    return make


@given(message=messages)
def test_the_request_is_the_official_client_s(build: Callable[..., Twilio], message: OutboundMessage) -> None:
    seen: list[bytes] = []

    async def use() -> None:
        done = asyncio.Event()
        server = await asyncio.start_server(partial(take, seen, done), "127.0.0.1", 0)
        provider = build(api_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            await provider._client.messages.create_async(**official(message))
            await provider.send(message)
        finally:
            await provider.close()
            server.close()
            await done.wait()

    asyncio.run(use())
    theirs, ours = map(parts, seen)
    assert ours == theirs
    assert ours[0] == f"POST /2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1".encode()


def parts(request: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Gives the request line, the header lines in any order, and the body."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return line, sorted(headers), body


OPTIONS: list[tuple[str, dict[str, str]]] = [
    ("api.twilio.com", {}),
    ("api.dublin.ie1.twilio.com", {"region": "ie1", "edge": "dublin"}),
    ("api.twilio.com", {"auth_token": "${WRONG}", "api_key": f"SK{1:032x}", "api_secret": "${SECRET}"}),
]


@pytest.mark.parametrize(("host", "options"), OPTIONS, ids=["token", "region", "api key"])
def test_it_goes_where_the_official_client_s_goes_and_signs_in_as_it_does(
    build: Callable[..., Twilio], host: str, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = OutboundMessage("msg_1", "acme", 1, "+14155550123", SENDERS[0], "Hello")
    seen: list[tuple[str, int, bool, list[bytes]]] = []

    async def ask(connections: Connections, request: bytes) -> Answer:
        host, port, tls = connections.origin
        line, headers, _ = parts(request)
        seen.append((host, port, tls, [line, *headers]))
        answer = Answer()
        answer.status, answer.body = 201, ANSWER
        return answer

    monkeypatch.setattr(Connections, "ask", ask)

    async def use() -> None:
        provider = build(**options)
        try:
            await provider._client.messages.create_async(**official(message))
            await provider.send(message)
        finally:
            await provider.close()

    asyncio.run(use())
    theirs, ours = seen
    assert ours == theirs
    assert ours[:3] == (host, 443, True)
    assert f"Host: {host}".encode() in ours[3]
