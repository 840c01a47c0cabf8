"""A small project in a folder of its own, and the command line as a process beside it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.cli.app import cli

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
    """Runs `engine` in a project's folder: in this process, which is quick, or as one of its own."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Starts a command as a process, without waiting for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "engine", *words],
            cwd=self.folder,
            env={**os.environ, **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *words: str, **variables: str) -> Result:
        """Gives all there is to know of a command that ran in this process. What it raised is raised here."""
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(cli, words, env={**self.variables, **variables})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def run(self, *words: str, code: int = 0, **variables: str) -> str:
        """Gives what a command prints, having checked how it ends."""
        done = self.call(*words, **variables)
        assert done.exit_code == code, f"engine {' '.join(words)} ended with {done.exit_code}\n{done.output}"
        return done.stdout

    def json(self, *words: str, code: int = 0, **variables: str) -> Any:
        """Gives the JSON document that a command prints."""
        return json.loads(self.run(*words, "--format", "json", code=code, **variables))

    def refused(self, *words: str, code: int, **variables: str) -> str:
        """Gives what a command that fails says on stderr; it prints nothing else."""
        done = self.call(*words, **variables)
        assert (done.exit_code, done.stdout) == (code, ""), done.output
        return done.stderr

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
