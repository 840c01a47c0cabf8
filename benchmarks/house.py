"""What the benchmarks of delivery share: a config on disk, a provider in a process of its own, runs of `engine`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import phonenumbers

from benchmarks.pairs import ENGINE

SID = "AC00000000000000000000000000000001"
TOKEN = "benchmark-auth-token"
NUMBER = "67076"
VARIABLES = {**os.environ, "TWILIO_AUTH_TOKEN": TOKEN}

ENGINE_YAML = "engine: 1\nstate: sqlite:///state/engine.db\nplugins: [twilio, phonenumbers, shortlinks]\n"
WORKSPACE = """\
name: Acme Coffee
business: {{country: US}}
audience: {{countries: [US, CA]}}
links: {{domain: https://go.acme.example}}
delivery: {{provider: twilio, account_sid: {sid}, auth_token: "${{TWILIO_AUTH_TOKEN}}", api_url: "{url}"}}
sending: {{concurrency: 500}}
"""
PEOPLE = """\
people:
  ada: {first_name: Ada, phone: "+14155550123", order: A-1, city: Oakland, points: 540}
"""
SENDERS = 'senders:\n  main: {{number: "{number}", kind: short-code, rate: {rate}}}\n'
TEMPLATE = """\
---
purpose: transactional
sender: main
samples: [{person: ada}]
---
Hi {{ customer.first_name }}, your order {{ customer.order }} from {{ workspace.name }} is ready in {{ customer.city }}.
You have {{ customer.points }} points: https://acme.example/orders
"""


@dataclass(frozen=True)
class Provider:
    """The running provider."""

    url: str

    def seen(self, *, arrivals: bool = False) -> Any:
        """Gives what came in; see `benchmarks.server.Seen`."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/count{'?arrivals' if arrivals else ''}") as answer:
            return json.load(answer)


@contextmanager
def provider(latency: float) -> Iterator[Provider]:
    """Runs a provider that answers after `latency` seconds."""
    command = [sys.executable, "-m", "benchmarks.server", str(latency)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Provider(process.stdout.readline().strip())
        finally:
            process.kill()


def numbers(count: int) -> list[str]:
    """Gives fictitious numbers, those that end in 555-01xx, over and over where there are not enough of them."""
    areas = ["".join(digits) for digits in product("23456789", "012345678", "0123456789")]
    every = (f"+1{area}55501{last:02}" for last in range(100) for area in areas)
    valid = [
        n
        for n in every
        if n[2:5] != "900" and phonenumbers.region_code_for_number(phonenumbers.parse(n)) in ("US", "CA")
    ]
    return list(islice(cycle(valid), count))


@dataclass
class House:
    """A config and its state."""

    folder: Path

    def write(self, url: str, rate: str) -> None:
        """Writes the config anew, and applies it."""
        here = self.folder / "config/workspaces/acme"
        (here / "templates").mkdir(parents=True, exist_ok=True)
        (self.folder / "config/engine.yaml").write_text(ENGINE_YAML, encoding="utf-8")
        (here / "workspace.yaml").write_text(WORKSPACE.format(sid=SID, url=url), encoding="utf-8")
        (here / "senders.yaml").write_text(SENDERS.format(number=NUMBER, rate=rate), encoding="utf-8")
        (here / "people.yaml").write_text(PEOPLE, encoding="utf-8")
        (here / "templates/ready.liquid").write_text(TEMPLATE, encoding="utf-8")
        # Each run has a provider of its own, and apply asks before it sends a secret elsewhere.
        self.engine("apply", "--yes", "--no-refresh", "--allow", "credentials:acme/workspace")

    def people(self, count: int) -> None:
        """Imports people with fictitious numbers."""
        file = self.folder / "people.ndjson"
        with file.open("w", encoding="utf-8") as lines:
            for n, number in enumerate(numbers(count)):
                person = {"id": f"p{n:07}", "phone": number, "first_name": f"Ada{n}", "order": f"A-{n}"}
                lines.write(json.dumps({**person, "city": "Oakland", "points": n % 1000}) + "\n")
        self.engine("people", "import", str(file), "--workspace", "acme")
        file.unlink()

    def copy(self, folder: Path) -> House:
        """Gives the same again, in another folder."""
        shutil.copytree(self.folder, folder)
        return House(folder)

    def engine(self, *words: str) -> str:
        """Runs a command to its end. Raises CalledProcessError."""
        return self.start(*words).stdout_to_end()

    def start(self, *words: str) -> Command:
        """Starts a command."""
        return Command(
            subprocess.Popen(
                [ENGINE, *words],
                cwd=self.folder,
                env=VARIABLES,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )


@dataclass
class Command:
    """A running command."""

    process: subprocess.Popen[str]

    def stdout_to_end(self) -> str:
        """Waits for its end. Raises RuntimeError, with what it said, where it failed."""
        out, err = self.process.communicate()
        if self.process.returncode:
            raise RuntimeError(f"{self.process.args!r} ended with {self.process.returncode}:\n{out}\n{err}")
        return out
