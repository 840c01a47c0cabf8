"""The web server's front in this process, asked without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from webhook_shop import OURS, PHONE, PUBLIC, Answer, WebhookShop, sid, signed, text_fields

from engine.config.load import load_engine
from engine.contracts import AsgiApplication
from engine.outbox import MessageRecord
from engine.state.sqlite import SqliteStore
from engine.testing.context import ManualClock, plugin_context
from engine.web.app import application
from engine.web.front import Front


@asynccontextmanager
async def front_of(
    shop: WebhookShop, clock: ManualClock | None = None, *, store: SqliteStore | None = None
) -> AsyncIterator[Front]:
    """Runs the shop's front in this process."""
    file = load_engine(shop.folder / "config", environment=None, variables=shop.variables)
    own = store or shop.open()
    reader = shop.open(read_only=True)
    standing = clock or ManualClock()
    front = Front.of(
        own,
        file.plugins,
        lambda _: plugin_context(shop.folder / "state", clock=standing, secrets=shop.variables),
        standing,
        {},
        reader=reader,
        monotonic=lambda: 0.0,
    )
    await front.start()
    try:
        yield front
    finally:
        await front.close()
        own.close()
        reader.close()


def app_of(front: Front) -> AsgiApplication:
    """Gives the application of a front that runs already."""
    return application(front, ())


async def asgi(
    app: AsgiApplication,
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: str = "",
    called: str | None = None,
    chunks: Sequence[bytes] | None = None,
) -> Answer:
    """Asks an application without a network. `called` is the path as it came in, where a proxy has changed it."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": (called if called is not None else path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in (headers or {}).items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    parts = list(chunks if chunks is not None else [body])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))


async def text_in(app: AsgiApplication, number: int, body: str, **more: str) -> Answer:
    """Brings a text to an application, signed."""
    path = "/webhooks/acme/twilio/inbound"
    form, headers = signed(PUBLIC + path, text_fields(sid(number), body, **more))
    return await asgi(app, "POST", path, body=form, headers=headers)


async def status_in(app: AsgiApplication, callback: str, sid_: str, status: str, error: str | None = None) -> Answer:
    """Brings a status to the address that the message's callback names, signed."""
    address = urlsplit(callback)
    fields = {"MessageSid": sid_, "MessageStatus": status, "From": OURS, "To": PHONE}
    form, headers = signed(callback, fields | ({"ErrorCode": error} if error else {}))
    return await asgi(app, "POST", address.path, query=address.query, body=form, headers=headers)


def callback_of(record: MessageRecord, attempt: int = 1) -> str:
    """The address that a message's status callbacks go to."""
    return f"{PUBLIC}/webhooks/acme/twilio/status?message={record.id}&attempt={attempt}"
