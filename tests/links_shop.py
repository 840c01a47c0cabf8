"""A shop whose messages were sent an hour ago, served by `engine serve`, and clicks on their links."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from shop import Shop

from engine.outbox import Link
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import claim, commit, make, number, person, send
from engine.types import MessageState as S

ACME = "https://go.acme.example"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.3.1 Mobile/15E148 Safari/604.1"
)
HOUR = timedelta(hours=1)
CLIENT = "X-Client"
"""The header that says who asks, where a shop is told of it: otherwise all of a test's requests are one client's."""


@dataclass(frozen=True)
class Answer:
    """What was answered. `headers` have names in small letters, and no date."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A shop and its server."""

    shop: Shop
    url: str
    process: subprocess.Popen[str]
    clients: Iterator[int] = field(default_factory=count)

    @property
    def local(self) -> str:
        """Gives `127.0.0.1:PORT`."""
        return urlsplit(self.url).netloc

    def get(
        self,
        path: str,
        *,
        host: str = "go.acme.example",
        agent: str | None = PHONE,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks as a telephone does, each time another one, and follows nothing."""
        connection = HTTPConnection(self.local, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            own = {"Host": host, CLIENT: str(next(self.clients)), **({} if agent is None else {"User-Agent": agent})}
            for name, value in {**own, **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders() if name.lower() != "date"}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def raw(self, request: bytes) -> bytes:
        """Sends bytes as they are, and gives all that comes until the server closes. `CLIENT` in them becomes a header
        that says who asks."""
        request = request.replace(CLIENT.encode(), f"{CLIENT}: {next(self.clients)}".encode())
        host, _, port = self.local.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65_536):
                answer += part
            return answer

    def stop(self) -> int:
        """Stops the server and waits for it; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def served(shop: Shop, *words: str) -> Iterator[Served]:
    """Serves a shop on a free port."""
    process = shop.start("serve", "--port", "0", *words)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("listening on "), line + process.stderr.read()
        yield Served(shop, line.split()[-1], process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def shop_with_links(folder: Path, *links: Link, client_header: str = "", ago: timedelta = HOUR) -> Shop:
    """Makes a shop whose outbox holds one delivered message to Ada with these links.

    Links need no release. Which header says who asks is part of one: where it is given, the config is applied.
    """
    shop = Shop(folder)
    shop.write()
    if client_header:
        file = folder / "config/engine.yaml"
        file.write_text(f"{file.read_text(encoding='utf-8')}client_header: {client_header}\n", encoding="utf-8")
        shop.engine("apply", "--yes", "--no-refresh")
    sent(shop, *links, ago=ago)
    return shop


def sent(
    shop: Shop,
    *links: Link,
    ago: timedelta = HOUR,
    workspace: str = "acme",
    template: str = "welcome",
    ada: str = "ada",
    n: int = 23,
) -> str:
    """Records a message to somebody as delivered, and gives its id."""
    at = datetime.now(UTC) - ago
    store = SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)
    try:
        store.upsert_people([person(ada, number(n), workspace)], at=at)
        one = send(workspace=workspace, template=template, due_at=at, created_at=at)
        (message_id,) = store.queue(one, persons=[ada]).ids
        commit(store, claim(store, now=at), now=at, links=links)
        make(store, message_id, S.SENDING, S.DELIVERED, at=at, provider_id=f"SM{message_id}")
        return message_id
    finally:
        store.close()


def erase(shop: Shop, person_id: str) -> None:
    """Forgets somebody."""
    store = SqliteStore.open("sqlite:///state/engine.db", folder=shop.folder)
    try:
        assert store.erase_person("acme", person_id, at=datetime.now(UTC))
    finally:
        store.close()


def link(code: str, url: str = "https://acme.example/card", position: int = 0, *, domain: str = ACME) -> Link:
    """A short link that lives for a day."""
    return Link(f"{domain}/{code}", url, position, datetime.now(UTC) + timedelta(days=1))
