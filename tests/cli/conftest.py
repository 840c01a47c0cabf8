"""A small project in a folder of its own, and the command line as a process beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "config/engine.yaml": "engine: 1\nplugins: [sandbox, phonenumbers, shortlinks]\n",
    "config/workspaces/acme/workspace.yaml": "name: Acme Coffee\nbusiness: {country: US}\n",
    "config/workspaces/acme/senders.yaml": (
        'senders:\n  support:\n    number: "+14155550100"\n    kind: long-code\n    countries: [US]\n'
    ),
    "config/workspaces/acme/people.yaml": 'people:\n  ada: {first_name: Ada, phone: "+14155550123", country: US}\n',
    "config/workspaces/acme/snippets/footer.liquid": "Reply STOP to stop.\n",
    "config/workspaces/acme/templates/club/welcome.liquid": (
        "---\npurpose: marketing\nsender: support\n---\n"
        "Hi {{ customer.first_name }}, welcome to {{ workspace.name }}!\n{% render 'footer' %}\n"
    ),
}


@dataclass
class Engine:
    """Runs `engine` in a project's folder, as a shell would."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Starts a command without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "engine", *words],
            cwd=self.folder,
            env={**os.environ, **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, code: int = 0, **variables: str) -> str:
        """Gives what a command prints, having checked how it ends."""
        process = self.start(*words, **variables)
        out, err = process.communicate()
        assert process.returncode == code, f"engine {' '.join(words)} ended with {process.returncode}\n{out}\n{err}"
        assert ("Traceback" in err) == (code == 1), err
        return out

    def json(self, *words: str, code: int = 0, **variables: str) -> Any:
        """Gives the JSON document that a command prints."""
        return json.loads(self.run(*words, "--format", "json", code=code, **variables))

    def refused(self, *words: str, code: int, **variables: str) -> str:
        """Gives what a command that fails says on stderr; it prints nothing else."""
        process = self.start(*words, **variables)
        out, err = process.communicate()
        assert (process.returncode, out) == (code, ""), f"{process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return err

    def write(self, path: str, text: str) -> None:
        """Writes a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def change(self, path: str, was: str, becomes: str) -> None:
        """Replaces a text of a file."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert was in text
        self.write(path, text.replace(was, becomes))

    def remove(self, path: str) -> None:
        """Removes a file of the project."""
        (self.folder / path).unlink()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = Engine(tmp_path, {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    for path, text in FILES.items():
        made.write(path, text)
    return made
