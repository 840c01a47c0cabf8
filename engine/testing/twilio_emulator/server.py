"""The emulator as an HTTP server: authorization, faults, the record, the admin address."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from engine.testing.twilio_emulator import admin
from engine.testing.twilio_emulator.account import Account, Behaviour
from engine.testing.twilio_emulator.api import Api
from engine.testing.twilio_emulator.callbacks import Callbacks
from engine.testing.twilio_emulator.calling import Caller
from engine.testing.twilio_emulator.console import Console
from engine.testing.twilio_emulator.faults import Fault, FaultPlan
from engine.testing.twilio_emulator.ledger import Accepted, Ledger, Seen
from engine.testing.twilio_emulator.senders import NOT_FOUND, Answer, refuse
from engine.testing.twilio_emulator.texts import Texts
from engine.testing.twilio_emulator.validation import Refusal, refusal

if TYPE_CHECKING:
    from aiohttp import web

UNAUTHORIZED = refuse(refusal(20003, status=401))


class TwilioEmulator:
    """A server on loopback. `async with` runs it in the current event loop, `with` on a thread of its own.

    `url` is what goes into `api_url`. `ledger` is what it has accepted and seen, `faults` what goes wrong, `behaviour`
    how messages fare, `console` what is set of its senders; all may be used and changed from any thread while it runs.
    """

    def __init__(
        self,
        account: Account | None = None,
        behaviour: Behaviour | None = None,
        *,
        state: Path | None = None,
        port: int = 0,
        seed: int = 0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.account = account or Account()
        self.behaviour = behaviour or Behaviour()
        self.ledger = Ledger(state)
        self.faults = FaultPlan(seed)
        self.url = ""
        self.in_flight = 0
        self.most_in_flight = 0
        self._port = port
        self._now = now
        self._authorizations = self.account.authorizations()
        self._messages = f"/2010-04-01/Accounts/{self.account.sid}/Messages.json"
        self.console = Console(self.account)
        self._api = Api(self.account, self.behaviour, self.ledger, now, self._accepted, self.console)
        self._seed = seed
        self._caller: Caller | None = None
        self._callbacks: Callbacks | None = None
        self.texts: Texts | None = None
        self._runner: web.ServerRunner | None = None
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] | None = None

    def accepted_by_to(self) -> dict[str, list[str]]:
        """Gives the SIDs of the messages taken, by recipient."""
        return self.ledger.accepted_by_to()

    async def start(self) -> None:
        """Opens the port and sets `url`."""
        from aiohttp import web

        self.ledger.open()
        self._caller = Caller(self.account, self.behaviour, self.ledger, self._now, self._seed)
        self._callbacks = Callbacks(self._caller)
        self.texts = Texts(self._caller, self.ledger, self.console, self._callbacks.follow)
        # The low-level server: routing by aiohttp's application costs as much as the rest of a request.
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=4096).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Closes every connection. What it has accepted stays to be looked at."""
        if self._caller is not None:
            await self._caller.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.ledger.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        ready = threading.Event()
        failures: list[Exception] = []

        async def serve() -> None:
            over = asyncio.Event()
            self._stop = partial(asyncio.get_running_loop().call_soon_threadsafe, over.set)
            try:
                await self.start()
            except Exception as error:  # noqa: BLE001 # raised again where the emulator was asked for
                failures.append(error)
                over.set()
            ready.set()
            await over.wait()
            await self.stop()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="twilio-emulator", daemon=True)
        self._thread.start()
        ready.wait()
        if failures:
            self._thread.join()
            raise failures[0]
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._stop is not None and self._thread is not None:
            self._stop()
            self._thread.join()

    def _accepted(self, message: Accepted) -> None:
        if self._callbacks is not None:
            self._callbacks.follow(message)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = await self._respond(request)
            # By the emulator's own clock, like everything it says.
            response.headers["Date"] = formatdate(self._now(), usegmt=True)
            return response
        finally:
            self.in_flight -= 1

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        from aiohttp import web

        path, _, query = request.raw_path.partition("?")
        body = (await request.read()).decode("utf-8", "replace")
        if path.startswith(admin.PREFIX):
            status, text = admin.answer(self, request.method, path, body)
            return _response(status, text)
        on = self._kind(request.method, path)
        to = _recipient(body if on == "create" else query)
        fault = self.faults.next(on, to) if on != "other" else None
        (status, text), message = (500, b""), None
        if fault is None or fault.accepted:
            (status, text), message = self._call(request, on, path, query, body)
        happened, sid = fault.answer if fault else None, message.sid if message else None
        self.ledger.requests.append(Seen(self._now(), request.method, path, to, happened, sid))
        delay = self.behaviour.latency + (fault.delay if fault is not None else 0.0)
        if delay:
            await asyncio.sleep(delay)
        # Where the fault says that the call is carried out, an error of Twilio's own is still answered as such.
        if fault is None or fault.answer == "normal" or (fault.accepted and status >= 400):
            return _response(status, text)
        if fault.answer == "drop":
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        return _response(fault.status, _fault_body(fault), dict(fault.headers))

    def _kind(self, method: str, path: str) -> str:
        if path == self._messages:
            return "create" if method == "POST" else "list"
        if path == self._messages.replace("/Messages.json", ".json"):
            return "account"
        if path.startswith(self._messages.removesuffix(".json") + "/"):
            return "fetch"
        if not self._api.shows_senders(path):
            return "other"
        return "senders" if method == "GET" else "configure"

    def _call(
        self, request: web.BaseRequest, on: str, path: str, query: str, body: str
    ) -> tuple[Answer, Accepted | None]:
        if request.headers.get("Authorization") not in self._authorizations:
            return UNAUTHORIZED, None
        if on == "create":
            return self._api.create(body)
        if on == "configure" and request.method == "POST":
            return self._api.post(path, body), None
        if request.method != "GET":
            return refuse(NOT_FOUND if on == "other" else Refusal(405, 20004, "Method not allowed")), None
        return self._api.get(path, query), None


def _recipient(fields: str) -> str | None:
    from urllib.parse import unquote_plus

    for field in fields.split("&"):
        if field.startswith("To="):
            return unquote_plus(field[3:])
    return None


def _fault_body(fault: Fault) -> bytes:
    if fault.body is not None:
        return fault.body.encode()
    code = fault.code if fault.code is not None else fault.status
    _, body = refuse(Refusal(fault.status, code, fault.message))
    return body


def _response(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    from aiohttp import web

    return web.Response(body=body, status=status, headers=headers, content_type="application/json")
