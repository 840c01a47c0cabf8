"""A small shop on disk, driven through the command line as a user drives it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import warm

ENGINE_YAML = "engine: 1\nstate: sqlite:///state/engine.db\nplugins: [sandbox, twilio, phonenumbers, shortlinks, mms]\n"
WORKSPACE = """\
name: Acme Coffee
business: {{country: US}}
audience: {{countries: [US, CA]}}
links: {{domain: https://go.acme.example}}
quiet_hours: null
delivery: {delivery}
sending: {{lease: {lease}, look_ups: {look_ups}, on_doubt: {on_doubt}}}
"""
SENDERS = 'senders:\n  main: {{number: "{number}", kind: {kind}, rate: {rate}}}\n'
WELCOME = """\
---
description: Hello
purpose: transactional
sender: main
samples: [{person: ada}]
---
Hi {{ customer.first_name | default: "there" }}: https://acme.example/card
"""
NEWS = "---\ndescription: News\npurpose: marketing\nsender: main\n---\nNews from {{ workspace.name }}\n"
CODE = """\
---
purpose: transactional
sender: main
samples: [{person: ada, data: {code: "1"}}]
---
Code {{ trigger.code }}
"""


@dataclass
class Shop:
    """A config, its state and the command line."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write(
        self,
        *,
        delivery: str = "{provider: sandbox}",
        lease: str = "2s",
        look_ups: str = "[1s, 1s, 1s]",
        on_doubt: str = "hold",
        rate: str = "100000/s",
        number: str = "67076",
        kind: str = "short-code",
    ) -> None:
        """Writes the config anew."""
        here = self.folder / "config/workspaces/acme"
        files = {
            self.folder / "config/engine.yaml": ENGINE_YAML,
            here / "workspace.yaml": WORKSPACE.format(
                delivery=delivery, lease=lease, look_ups=look_ups, on_doubt=on_doubt
            ),
            here / "senders.yaml": SENDERS.format(number=number, kind=kind, rate=rate),
            here / "people.yaml": 'people:\n  ada: {first_name: Ada, phone: "+14155550123"}\n',
            here / "templates/welcome.liquid": WELCOME,
            here / "templates/news.liquid": NEWS,
            here / "templates/code.liquid": CODE,
        }
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def start(self, *words: str, crash: str = "") -> subprocess.Popen[str]:
        """Starts a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "engine", *words],
            cwd=self.folder,
            env=self._variables(crash),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def engine(self, *words: str, code: int | None = 0, crash: str = "") -> str:
        """Runs a command to its end and gives its standard output; `code` None takes any exit code."""
        done = warm.run(words, cwd=self.folder, variables=self._variables(crash), timeout=600)
        assert code in (None, done.returncode), f"{words}: {done.returncode}\n{done.stderr}\n{done.stdout}"
        return done.stdout

    def json(self, *words: str, code: int = 0) -> Any:
        """Runs a command and gives its JSON."""
        return json.loads(self.engine(*words, "--format", "json", code=code))

    def people(self, rows: Mapping[str, str]) -> None:
        """Imports people: id → number."""
        lines = [f'{{"id": "{name}", "first_name": "P{name}", "phone": "{phone}"}}' for name, phone in rows.items()]
        file = self.folder / "people.ndjson"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.engine("people", "import", str(file), "--workspace", "acme")

    def messages(self) -> list[dict[str, Any]]:
        """Gives the outbox."""
        rows: list[dict[str, Any]] = self.json("messages")["messages"]
        return rows

    def states(self) -> Counter[str]:
        """Counts the outbox by state."""
        return Counter(message["state"] for message in self.messages())

    def went(self, number: str) -> list[str]:
        """Gives the templates of the messages that were let go to a number, in their order."""
        with closing(sqlite3.connect(self.folder / "state/engine.db")) as state:
            rows = state.execute(
                """SELECT s.template FROM frozen f JOIN messages m ON m.seq = f.message JOIN sends s ON s.id = m.send
                WHERE f.number = ? AND m.went > 0 ORDER BY m.seq""",
                (number,),
            ).fetchall()
        return [template for (template,) in rows]

    def _variables(self, crash: str) -> dict[str, str]:
        return {**os.environ, **self.variables, **({"ENGINE_CRASH_AT": crash} if crash else {})}
