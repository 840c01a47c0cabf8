"""How long `engine validate` takes for 1,000 templates when all are read: against only parsing
their YAML and their Liquid."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.pairs import ENGINE, Comparison, compare, table

TEMPLATES = 1_000
SIZE = 600  # bytes of a template, front matter and body

ENGINE_FILE = "engine: 1\nplugins: [sandbox, phonenumbers, shortlinks, mms]\n"
WORKSPACE_FILE = """\
name: Acme Coffee
business: {country: US, website: https://acme.example}
audience: {countries: [US, CA]}
links: {domain: https://go.acme.example}
"""
SENDERS_FILE = """\
senders:
  support: {number: "+14155550100", kind: long-code, countries: [US, CA], mms: true}
  club: {number: "67076", kind: short-code, countries: [US]}
"""
PEOPLE_FILE = """\
people:
  ada: {first_name: Ada, phone: "+14155550123", country: US, points: 540}
  grace: {first_name: Grace, primary_phone: "+14155550124", phone: "+14155550125", points: 20}
"""
TEMPLATE = """\
---
description: Message {number}, for whoever bought something in shop {number} and wants to know when it is ready
purpose: transactional
sender: [club, support]
max_segments: 4
samples:
  - ada
  - {{name: with-order, person: grace, data: {{order: {{id: "A-{number}", total: "12.50"}}}}}}
---
Hi {{{{ customer.first_name | default: "there" | upcase }}}}, thank you for number {number}!
{{% if trigger.order %}}Your order {{{{ trigger.order.id }}}} over {{{{ trigger.order.total }}}} is ready.{{% endif %}}
{{% if customer.points %}}You have {{{{ customer.points }}}} points.{{% endif %}} See https://acme.example/orders/{number}
"""

PEER = """\
import pathlib
import sys

import liquid
import yaml

environment = liquid.Environment()
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.liquid")):
    _, front, body = path.read_text(encoding="utf-8").split("---\\n", 2)
    yaml.load(front, Loader=yaml.CSafeLoader)
    environment.from_string(body)
"""


def write_config(folder: Path, templates: int = TEMPLATES) -> None:
    """Writes a config of so many templates into `folder`/config."""
    workspace = folder / "config/workspaces/acme"
    (workspace / "templates").mkdir(parents=True)
    (folder / "config/engine.yaml").write_text(ENGINE_FILE, encoding="utf-8")
    (workspace / "workspace.yaml").write_text(WORKSPACE_FILE, encoding="utf-8")
    (workspace / "senders.yaml").write_text(SENDERS_FILE, encoding="utf-8")
    (workspace / "people.yaml").write_text(PEOPLE_FILE, encoding="utf-8")
    for number in range(1_000, 1_000 + templates):
        text = TEMPLATE.format(number=number)
        (workspace / f"templates/message-{number}.liquid").write_text(
            text.ljust(SIZE - 1, ".") + "\n", encoding="utf-8"
        )


def validate(runs: int = 9) -> Comparison:
    """Compares `engine validate` with a script that only parses the same files. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder)
        (folder / "peer.py").write_text(PEER, encoding="utf-8")
        return compare(
            f"validation of {TEMPLATES:,} templates",
            [ENGINE, "validate"],
            [sys.executable, "peer.py", "config"],
            cwd=folder,
            target=3,
            runs=runs,
            variables={"ENGINE_CACHE": ""},
            says=("engine validate", "PyYAML's C loader and python-liquid, parsing alone"),
        )


if __name__ == "__main__":
    print(table([validate()]))
