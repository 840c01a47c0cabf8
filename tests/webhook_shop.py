"""The shop behind `engine serve`, and calls signed as Twilio signs them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from shop import Shop

from engine.state.sqlite import SqliteStore
from engine.testing.twilio_emulator import signature

SID = "AC00000000000000000000000000000001"
TOKEN = "emulator-auth-token"
PUBLIC = "https://engine.example"
PHONE, OURS = "+14155550123", "+14155550100"
FORM = "application/x-www-form-urlencoded"
KEYWORDS = """\
keywords:
  join: {words: [JOIN], reply: joined, set: {club: true}, emit: club_joined, subscribe: true}
  anything-else: {match: any, reply: unknown}
"""
JOINED = "---\npurpose: reply\nsender: main\n---\nWelcome to the club\n"
UNKNOWN = "---\npurpose: reply\nsender: main\n---\nSorry & pardon, what is <that>?\n"


@dataclass
class WebhookShop(Shop):
    """A shop that answers texts."""

    public_url: str = PUBLIC
    api_url: str = "http://127.0.0.1:9"
    variables: dict[str, str] = field(default_factory=lambda: {"TWILIO_AUTH_TOKEN": TOKEN})

    def write_answering(
        self, *, options: str = "", keywords: str = KEYWORDS, sending: str = "", **settings: str
    ) -> None:
        """Writes the config with Twilio as its provider, and applies it. `options` are more of the provider's."""
        delivery = (
            f"{{provider: twilio, account_sid: {SID}, auth_token: '${{TWILIO_AUTH_TOKEN}}', "
            f"api_url: '{self.api_url}'{options}}}"
        )
        self.write(**{"delivery": delivery, "number": OURS, "kind": "long-code", **settings})
        engine = self.folder / "config/engine.yaml"
        engine.write_text(engine.read_text("utf-8") + f"public_url: {self.public_url!r}\n", "utf-8")
        here = self.folder / "config/workspaces/acme"
        if sending:
            file = here / "workspace.yaml"
            file.write_text(file.read_text("utf-8").replace("sending: {", f"sending: {{{sending}, "), "utf-8")
        (here / "keywords.yaml").write_text(keywords, "utf-8")
        (here / "templates/joined.liquid").write_text(JOINED, "utf-8")
        (here / "templates/unknown.liquid").write_text(UNKNOWN, "utf-8")
        moved = ("--allow", "credentials:acme/workspace", "--allow", "credentials:engine")
        self.engine("apply", "--yes", "--no-refresh", *moved)

    def open(self, *, read_only: bool = False) -> SqliteStore:
        """Opens the state."""
        return SqliteStore.open("sqlite:///state/engine.db", folder=self.folder, read_only=read_only)

    @contextmanager
    def serve(self, *words: str, port: int = 0) -> Iterator[Served]:
        """Runs `engine serve`."""
        with self.running("serve", "--port", str(port), *words) as served:
            yield served

    @contextmanager
    def running(self, *words: str) -> Iterator[Served]:
        """Runs a command that listens, and kills it at the end where it still runs."""
        process = self.start(*words)
        log: list[str] = []
        try:
            assert process.stderr is not None
            while not (line := process.stderr.readline()).startswith(("listening on ", '{"at"')):
                assert line, "".join(log)
                log.append(line)
            log.append(line)
            url = json.loads(line)["listening"] if line.startswith("{") else line.split()[-1]
            reader = threading.Thread(target=lambda: log.extend(process.stderr or ()), daemon=True)
            reader.start()
            yield Served(url, process, log, reader, self.public_url)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            reader.join()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@dataclass(frozen=True)
class Answer:
    """What was answered; the date is left out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A server, and what it has written to standard error."""

    url: str
    process: subprocess.Popen[str]
    log: list[str]
    reader: threading.Thread
    public_url: str

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Makes one request; a body that comes in pieces is sent without its length."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders() if name.lower() != "date"}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def call(self, path: str, fields: Mapping[str, str], *, token: str = TOKEN) -> Answer:
        """Calls as Twilio does."""
        body, headers = signed(self.public_url + path, fields, token=token)
        return self.ask("POST", path, body, headers)

    def text(self, sid: str, body: str, **more: str) -> Answer:
        """Brings a text."""
        return self.call("/webhooks/acme/twilio/inbound", text_fields(sid, body, **more))

    def stop(self) -> int:
        """Stops the server and waits for it; gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.reader.join()
        return self.process.returncode


def text_fields(sid: str, body: str, **more: str) -> dict[str, str]:
    """What Twilio says of a text."""
    return {
        "MessageSid": sid,
        "SmsStatus": "received",
        "AccountSid": SID,
        "From": PHONE,
        "To": OURS,
        "Body": body,
        "NumMedia": "0",
        "FromCity": "",
    } | more


def sid(number: int) -> str:
    """A message's SID."""
    return f"SM{number:032x}"


def signed(url: str, fields: Mapping[str, str], *, token: str = TOKEN) -> tuple[bytes, dict[str, str]]:
    """Gives a form and the headers that make it Twilio's."""
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature(token, url, fields)}
    return urlencode(fields).encode(), headers


def free_port() -> int:
    """Gives a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
