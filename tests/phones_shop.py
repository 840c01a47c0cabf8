"""A shop that is served by `engine serve`, and what its page at /sandbox is asked."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from engine_sandbox.network import TO_PHONE, Network, Text
from shop import Shop

SENDERS = """\
senders:
  main: {number: "67076", kind: short-code, rate: 100000/s, mms: true}
  other: {number: "+14155550100", kind: long-code, rate: 100000/s}
  brand: {alphanumeric: ACME, countries: [GB]}
"""
KEYWORDS = "keywords:\n  join: {words: [JOIN], reply: welcome}\n"
TEXT = Text("SB1", TO_PHONE, "+14155550123", "67076", "short-code", "Hi", (), 0, 0, 0, None, "acme", "msg_1", 1)


@dataclass(frozen=True)
class Served:
    """A shop, and where it is served."""

    shop: Shop
    url: str
    process: subprocess.Popen[str]
    logged: Thread
    said: Queue[str]  # what it has said on standard error since it listens

    @property
    def host(self) -> str:
        """Gives `127.0.0.1:PORT`."""
        return urlsplit(self.url).netloc

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """Asks for something below /sandbox; gives the whole answer."""
        connection = HTTPConnection(self.host, timeout=20)
        try:
            connection.request(method, f"/sandbox{path}", body, dict(headers or {}))
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def json(self, path: str, **parameters: object) -> Any:
        """Asks for JSON and gives it."""
        response, body = self.ask(f"{path}?{urlencode(parameters)}")
        assert response.status == 200, body
        return json.loads(body)

    def text(self, body: str, *, phone: str = "+14155550123", sender: str = "main", **more: object) -> tuple[int, Any]:
        """Texts from a phone as the page does."""
        sent = json.dumps({"workspace": "acme", "sender": sender, "phone": phone, "body": body, **more}).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        response, answer = self.ask("/texts", method="POST", body=sent, headers=headers)
        return response.status, json.loads(answer)

    def arrive(self, phone: str, bodies: Sequence[str], *, media: tuple[str, ...] = (), delivered: int = 0) -> None:
        """Lets texts arrive at a phone, delivered after some milliseconds, as `engine run` lets them."""
        now = time.time_ns() // 1_000_000
        network = Network.open(self.shop.folder / "state/sandbox.db")
        arriving = replace(TEXT, phone=phone, media=media, at=now, sent_at=now, done_at=now + delivered)
        network.record([replace(arriving, id=f"SB{uuid4().hex}", body=body) for body in bodies])
        network.close()

    @contextmanager
    def events(self, *, after: str = "", last: str = "") -> Iterator[Iterator[tuple[str, str, Any]]]:
        """Listens to the stream: (name, id, data) of each event."""
        connection = HTTPConnection(self.host, timeout=20)
        connection.request(
            "GET",
            f"/sandbox/events?{urlencode({'after': after})}",
            headers={"Last-Event-ID": last} if last else {},
        )
        response = connection.getresponse()
        try:
            assert response.headers["Content-Type"].startswith("text/event-stream")
            yield _events(response)
        finally:
            response.close()
            connection.close()

    def stop(self) -> int:
        """Ends the server as an operator would; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self.logged.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def _events(response: HTTPResponse) -> Iterator[tuple[str, str, Any]]:
    fields: dict[str, str] = {}
    for raw in response:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield fields["event"], fields["id"], json.loads(fields["data"])
            fields = {}


def serve(shop: Shop, *command: str) -> Served:
    """Starts `engine serve`, or another command that does, on a free port, and waits until it answers."""
    process = shop.start(*(command or ["serve"]), "--port", "0")
    said: Queue[str] = Queue()

    def read() -> None:
        # To its end, so that a server that says much is not kept from it.
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                said.put(line)
        said.put("")

    logged = Thread(target=read)
    logged.start()
    before = ""
    while not (line := said.get(timeout=60)).startswith("listening on "):
        before += line
        assert line, f"serve ended: {before}"
    return Served(shop, line.split()[2], process, logged, said)


def open_shop(folder: Path, *, delivery: str = "{provider: sandbox}", apply: bool = True) -> Shop:
    """Writes a shop that can be texted, and applies it."""
    shop = Shop(folder)
    shop.write(delivery=delivery)
    here = folder / "config/workspaces/acme"
    (here / "senders.yaml").write_text(SENDERS, encoding="utf-8")
    (here / "keywords.yaml").write_text(KEYWORDS, encoding="utf-8")
    if apply:
        shop.engine("apply", "--yes")
    return shop
