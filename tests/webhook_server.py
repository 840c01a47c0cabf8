"""A server that takes calls of webhooks, checks who calls as Standard Webhooks says, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from web_server import serving

SECRET = "whsec_" + base64.b64encode(b"an invented key of 32 bytes, yes").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"the key before it of 32 bytes...").decode()


@dataclass(frozen=True)
class Called:
    """One call."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def id(self) -> str:
        """The id that stays the same however often it is made."""
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        """What it tells."""
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data

    def is_signed_with(self, secret: str) -> bool:
        """True where one of its signatures is of this secret."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        mine = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return f"v1,{mine}" in self.headers["webhook-signature"].split(" ")


@dataclass
class WebhookServer:
    """Keeps every call. `answer` gives a status and headers for one."""

    answer: Callable[[Called], tuple[int, Mapping[str, str]]] = lambda called: (204, {})
    calls: list[Called] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/texts"


@contextmanager
def webhook_server() -> Iterator[WebhookServer]:
    """Runs one on this machine."""
    here = WebhookServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            called = Called(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            here.calls.append(called)
            status, headers = here.answer(called)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

    with serving(Handler) as here.port:
        yield here
