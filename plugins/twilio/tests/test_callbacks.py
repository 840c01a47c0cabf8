"""Status callbacks of the emulator, checked by the validator of Twilio's own package."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from engine_twilio.provider import Twilio
from twilio.request_validator import RequestValidator

from engine import OutboundMessage
from engine.testing.twilio_emulator import Behaviour, TwilioEmulator

Received = Queue[tuple[str, dict[str, str], str]]


@pytest.fixture
def emulator() -> Iterator[TwilioEmulator]:
    progress = (("queued", 0.0), ("sent", 0.05), ("delivered", 0.1))
    behaviour = Behaviour(progress=progress, receipts={"+14155550102": ("undelivered", 30005)})
    with TwilioEmulator(behaviour=behaviour) as emulator:
        yield emulator


@pytest.fixture
def received() -> Iterator[tuple[str, Received]]:
    """Runs a server that takes callbacks: its address, and what it got."""
    got: Received = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server looks for
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = dict(parse_qsl(body, keep_blank_values=True))
            got.put((self.path, fields, self.headers["X-Twilio-Signature"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # http.server's own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("number", "ends"), [(1, [("sent", None), ("delivered", None)]), (2, [("sent", None), ("undelivered", "30005")])]
)
def test_are_posted_once_each_and_signed(
    twilio: Callable[..., Twilio],
    emulator: TwilioEmulator,
    a_message: Callable[..., OutboundMessage],
    received: tuple[str, Received],
    number: int,
    ends: list[tuple[str, str | None]],
) -> None:
    server, got = received
    path = f"/hooks/twilio?message=m{number}&attempt=1"

    async def use() -> str:
        provider = twilio()
        receipt = await provider.send(a_message(number, status_callback=server + path))
        await provider.close()
        return receipt.provider_id

    sid = asyncio.run(use())
    calls = [got.get(timeout=10) for _ in ends]
    assert [(fields["MessageStatus"], fields.get("ErrorCode")) for _, fields, _ in calls] == ends
    validator = RequestValidator(emulator.account.auth_token)
    for called, fields, signature in calls:
        assert called == path
        assert fields["MessageSid"] == sid
        assert validator.validate(server + path, fields, signature)
        assert not validator.validate(server + path, fields | {"MessageStatus": "failed"}, signature)
    assert got.empty()


def test_one_that_is_not_taken_is_given_up(
    twilio: Callable[..., Twilio], emulator: TwilioEmulator, a_message: Callable[..., OutboundMessage]
) -> None:
    async def use() -> None:
        provider = twilio()
        await provider.send(a_message(1, status_callback="http://127.0.0.1:9/nobody"))
        await asyncio.sleep(0.3)
        await provider.send(a_message(2))
        await provider.close()

    asyncio.run(use())
    assert len(emulator.ledger.messages) == 2
