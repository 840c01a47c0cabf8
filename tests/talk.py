"""A small workspace for conversations, written to disk and played in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.testing.conversations.results import Result
from engine.testing.conversations.suite import Suite

WORKSPACE = "config/workspaces/acme/"
PHONE = "+14155550123"
FILES = {
    "config/engine.yaml": "engine: 1\nplugins: [sandbox, twilio, phonenumbers, shortlinks]\n",
    f"{WORKSPACE}workspace.yaml": """\
name: Acme
business: {country: US}
links: {domain: https://go.acme.example}
delivery: {provider: twilio, account_sid: "${SID}", auth_token: "${TOKEN}"}
""",
    f"{WORKSPACE}senders.yaml": """\
senders:
  brand: {alphanumeric: ACME}
  main: {number: "67076", kind: short-code, mms: true}
  second: {number: "+14155550100", kind: long-code}
""",
    f"{WORKSPACE}people.yaml": f'people:\n  ada: {{first_name: Ada, phone: "{PHONE}"}}\n',
    f"{WORKSPACE}keywords.yaml": """\
keywords:
  join: {words: [JOIN], reply: welcome, set: {club: true, points: 1}, emit: joined, subscribe: true}
  echo: {words: [echo], senders: [main], reply: echo}
  broken: {words: [broken], reply: broken}
""",
    f"{WORKSPACE}templates/welcome.liquid": """\
---
purpose: transactional
sender: main
---
Hi {{ customer.first_name | default: "there" }}: https://acme.example/card
""",
    f"{WORKSPACE}templates/echo.liquid": """\
---
purpose: reply
sender: main
---
You said {{ event.body | default: "nothing" }}
""",
    f"{WORKSPACE}templates/broken.liquid": """\
---
purpose: reply
sender: main
samples: [{person: ada, data: {order: 1}}]
---
Order {{ trigger.order }}
""",
    f"{WORKSPACE}templates/news.liquid": """\
---
purpose: marketing
sender: main
---
{% if customer.club %}Dear member{% else %}Hello{% endif %}
""",
}


@dataclass
class Talk:
    """A config on disk."""

    folder: Path

    def write_all(self) -> None:
        """Writes the small workspace."""
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        """Writes a file of the config."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def suite(self, steps: str, head: str = "person: ada", *, trace: bool = False) -> Suite:
        """Gives the suite with one test of these steps, each a line of YAML."""
        lines = "".join(f"    - {line}\n" for line in steps.strip().splitlines())
        self.write(f"{WORKSPACE}tests/one.yaml", f"- name: one\n  {head}\n  steps:\n{lines}")
        return Suite.open(self.folder / "config", trace=trace)

    def play(self, steps: str, head: str = "person: ada") -> Result:
        """Plays one test of these steps."""
        suite = self.suite(steps, head)
        (case,) = suite.cases
        return suite.run(case)


def failures(result: Result) -> list[tuple[int, str, str, str, int]]:
    """Gives what failed: step, what, expected, actual, line."""
    return [
        (step.number, failure.what, failure.expected, failure.actual, failure.place.line)
        for step in result.failed
        for failure in step.failures
    ]
