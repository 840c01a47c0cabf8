"""python -m benchmarks.server SECONDS: a provider that takes every message and answers after SECONDS.

It speaks just enough HTTP for Twilio's create-message call, on a bare asyncio protocol in a process of its own, so that
it costs a fraction of what its clients do and is never what is measured. `GET /count` tells what came in and when.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

MESSAGE = {
    "account_sid": "AC00000000000000000000000000000001",
    "api_version": "2010-04-01",
    "body": "Taken",
    "date_created": "Sun, 01 Mar 2026 12:00:00 +0000",
    "date_sent": None,
    "date_updated": "Sun, 01 Mar 2026 12:00:00 +0000",
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": "67076",
    "messaging_service_sid": None,
    "num_media": "0",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "sid": "SM%032x",
    "status": "queued",
    "subresource_uris": {"media": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/Media.json"},
    "tags": None,
    "to": "+14155550123",
    "uri": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/SM.json",
}
ANSWER = json.dumps(MESSAGE)


class Seen:
    """What came in: how many messages, when (monotonic seconds, by second), and how many at once at most."""

    def __init__(self) -> None:
        self.count = 0
        self.answered = 0
        self.first = self.last = 0.0
        self.most = 0
        self.arrivals: list[float] = []

    def arrive(self) -> None:
        """Counts one that came in."""
        now = time.monotonic()
        self.first = self.first or now
        self.count += 1
        self.arrivals.append(now)
        self.most = max(self.most, self.count - self.answered)

    def as_json(self, *, arrivals: bool) -> bytes:
        """The counts, with every moment of arrival where wanted."""
        counts: dict[str, object] = {
            "count": self.count,
            "answered": self.answered,
            "first": self.first,
            "last": self.last,
            "most": self.most,
        }
        return json.dumps({**counts, "arrivals": self.arrivals} if arrivals else counts).encode()


class Connection(asyncio.Protocol):
    """One connection: requests one after the other, as HTTP/1.1 clients send them."""

    def __init__(self, seen: Seen, latency: float) -> None:
        self._seen = seen
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 # the signature is asyncio's
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            _, found, length = head.partition(b"content-length:")
            size = end + 4 + (int(length.partition(b"\r\n")[0]) if found else 0)
            if len(self._buffer) < size:
                return
            self._buffer = self._buffer[size:]
            self._request(head)

    def _request(self, head: bytes) -> None:
        seen = self._seen
        if head.startswith(b"post "):
            seen.arrive()
            body = (ANSWER % seen.count).encode()
            self._loop.call_later(self._latency, self._answer, b"201 Created", body, True)
        elif head.startswith(b"get /count"):
            self._answer(b"200 OK", seen.as_json(arrivals=head.startswith(b"get /count?arrivals")), False)
        elif b"/messages/" in head.partition(b"\r\n")[0]:
            self._answer(b"200 OK", (ANSWER % 0).encode(), False)
        else:
            self._answer(b"200 OK", b'{"status": "active", "type": "Full"}', False)

    def _answer(self, status: bytes, body: bytes, message: bool) -> None:
        if message:
            self._seen.answered += 1
            self._seen.last = time.monotonic()
        if self._transport is not None:
            head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (status, len(body))
            self._transport.write(head + body)


async def serve(latency: float) -> None:
    """Prints its address and serves until it is killed."""
    seen = Seen()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(seen, latency), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
