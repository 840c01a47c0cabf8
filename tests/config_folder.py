"""A config in a folder of its own, loaded in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.load import Loaded, load
from engine.types import Finding

WORKSPACE = "config/workspaces/acme/"
FILES = {
    "config/engine.yaml": "engine: 1\nplugins: [sandbox, twilio, phonenumbers, shortlinks]\n",
    f"{WORKSPACE}workspace.yaml": "name: Acme Coffee\nbusiness: {country: US}\n",
    f"{WORKSPACE}senders.yaml": 'senders:\n  support: {number: "+14155550100", kind: long-code}\n',
    f"{WORKSPACE}people.yaml": 'people:\n  ada: {first_name: Ada, phone: "+14155550123"}\n',
    f"{WORKSPACE}templates/club/welcome.liquid": "---\npurpose: marketing\nsender: support\n---\nHi\n",
}


@dataclass
class Config:
    """Files to load. Names without `config/` are files of the workspace acme."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str | bytes) -> str:
        """Writes a file and gives its name as findings have it."""
        name = name if name.startswith("config/") else WORKSPACE + name
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return name

    def load(self, environment: str | None = None, variables: Mapping[str, str] | None = None) -> Loaded:
        """Loads what was written."""
        return load(self.folder / "config", environment=environment, variables=variables or self.variables)

    def findings(self, environment: str | None = None, variables: Mapping[str, str] | None = None) -> list[Finding]:
        """Gives what loading finds."""
        return list(self.load(environment, variables).findings)

    def only(self, environment: str | None = None, variables: Mapping[str, str] | None = None) -> Finding:
        """Gives the one thing that loading finds."""
        (finding,) = self.findings(environment, variables)
        return finding

    def codes(self, environment: str | None = None, variables: Mapping[str, str] | None = None) -> list[str]:
        """Gives the codes of what loading finds, sorted."""
        return sorted(finding.code for finding in self.findings(environment, variables))


def place(finding: Finding) -> tuple[int | None, ...]:
    """Gives where a finding stands: line, column, and their ends."""
    return finding.line, finding.column, finding.end_line, finding.end_column
