"""A conversation test of ten steps: against its texts over HTTP to `engine serve`, which sends no answer yet."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.house import SID, TOKEN, VARIABLES
from benchmarks.measures import Measure, measures_table
from benchmarks.pairs import ENGINE
from engine.testing.conversations.suite import Suite

RUNS = 60
MOST_MS = 20.0
PHONE = "+14155550123"

STEPS: Sequence[tuple[str, str]] = (
    ("join please", 'rule: join, replies: ["Hi Ada, welcome…"], person: {club: true}, events: [joined]'),
    ("open?", 'rule: hours, replies: ["From 7…"]'),
    ("where is a-1041", 'rule: order, replies: ["We look up where is a-1041…"]'),
    ("this is the wrong order", 'rule: complaint, replies: ["Sorry…"], person: {needs_call: true}'),
    ("hello", 'rule: anything, replies: ["Sorry…"]'),
    ("HELP", 'rule: consent.help, replies: ["This is Acme Coffee.…"]'),
    ("Join!", 'rule: join, replies: ["Hi Ada, welcome…"], consent: subscribed'),
    ("Stop.", 'rule: consent.stop, replies: ["You won\'t get…"], consent: stopped'),
    ("open?", "rule: hours, replies: [], state: suppressed, reason: consent.stopped"),
    ("START", 'rule: consent.start, replies: ["You will get…"], consent: subscribed'),
)
KEYWORDS = """\
keywords:
  hours: {words: [HOURS, OPEN], match: exact, reply: hours}
  join: {words: [JOIN], reply: welcome, set: {club: true}, emit: joined, subscribe: true}
  complaint: {words: [wrong order], match: phrase, reply: unknown, set: {needs_call: true}}
  order: {words: ['\\b[AB]-\\d{2,6}\\b'], match: pattern, reply: order}
  anything: {match: any, reply: unknown}
consent: {replies_by: engine}
"""
TEMPLATES = {
    "welcome": 'Hi {{ customer.first_name | default: "there" }}, welcome! Your card: https://acme.example/club/card',
    "hours": "From 7:00 to 18:00. All shops: https://acme.example/shops",
    "order": 'We look up {{ event.body | default: "it" | truncate: 20 }} and text you.',
    "unknown": "Sorry. This is {{ workspace.name }}: text HOURS or JOIN.",
}


def conversations() -> list[Measure]:
    """Measures both in turns. Raises RuntimeError where a step does not go as it should."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), _free_port()
        _write(folder, port)
        suite = Suite.open(folder / "config")
        subprocess.run(
            [ENGINE, "apply", "--yes", "--no-refresh"], cwd=folder, env=VARIABLES, check=True, stdout=subprocess.DEVNULL
        )
        tests, over_http = [], []
        with _serving(folder, port) as connection:
            for run in range(RUNS):
                tests.append(_played(suite))
                over_http.append(_posted(connection, port, run))
    ours, theirs = (1000 * statistics.median(seconds[5:]) for seconds in (tests, over_http))
    made_of = f"answers, expectations and all; `engine serve` takes the same ten texts in {theirs:.1f} ms"
    return [
        Measure("a conversation test of ten steps, once loaded", "median", ours, MOST_MS, at_least=False, unit=" ms"),
        Measure("the same ÷ its texts over HTTP", made_of, ours / theirs, 1.0, at_least=False),
    ]


def _played(suite: Suite) -> float:
    began = time.perf_counter()
    result = suite.run(suite.cases[0])
    seconds = time.perf_counter() - began
    if not result.passed:
        raise RuntimeError(f"the conversation went another way: {result.failed}")
    return seconds


def _posted(connection: http.client.HTTPConnection, port: int, run: int) -> float:
    """Posts each text as Twilio does, one after the other is answered."""
    url = f"http://127.0.0.1:{port}/webhooks/acme/twilio/inbound"
    requests = []
    for number, (text, _) in enumerate(STEPS):
        form = {
            "AccountSid": SID,
            "Body": text,
            "From": f"+1{200 + run % 700}55501{run % 100:02}",
            "MessageSid": f"SM{run:016x}{number:016x}",
            "NumMedia": "0",
            "To": "67076",
        }
        signed = url + "".join(f"{key}{form[key]}" for key in sorted(form))
        signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        requests.append((urlencode(form), headers))
    began = time.perf_counter()
    for body, headers in requests:
        connection.request("POST", "/webhooks/acme/twilio/inbound", body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"a webhook was answered with {answer.status}")
    return time.perf_counter() - began


@contextmanager
def _serving(folder: Path, port: int) -> Iterator[http.client.HTTPConnection]:
    command = [ENGINE, "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=VARIABLES, stderr=subprocess.DEVNULL) as process:
        try:
            yield _connected(port)
        finally:
            process.terminate()


def _connected(port: int) -> http.client.HTTPConnection:
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.05)
        else:
            return connection
    raise RuntimeError("engine serve does not listen")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _write(folder: Path, port: int) -> None:
    here = folder / "config/workspaces/acme"
    (here / "templates").mkdir(parents=True)
    (here / "tests").mkdir()
    files = {
        folder / "config/engine.yaml": (
            f"engine: 1\npublic_url: http://127.0.0.1:{port}\nplugins: [twilio, phonenumbers, shortlinks]\n"
        ),
        here / "workspace.yaml": (
            "name: Acme Coffee\nbusiness: {country: US}\nlinks: {domain: https://go.acme.example}\n"
            f'delivery: {{provider: twilio, account_sid: {SID}, auth_token: "${{TWILIO_AUTH_TOKEN}}"}}\n'
        ),
        here / "senders.yaml": 'senders: {main: {number: "67076", kind: short-code}}\n',
        here / "people.yaml": f'people: {{ada: {{first_name: Ada, phone: "{PHONE}"}}}}\n',
        here / "keywords.yaml": KEYWORDS,
        here / "tests/ten.yaml": "- name: ten steps\n  person: ada\n  steps:\n"
        + "".join(f'    - {{receive: {{text: "{text}"}}, expect: {{{expected}}}}}\n' for text, expected in STEPS),
    }
    files |= {
        here / f"templates/{name}.liquid": f"---\npurpose: reply\nsender: main\n---\n{text}\n"
        for name, text in TEMPLATES.items()
    }
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    print(measures_table(conversations()))
