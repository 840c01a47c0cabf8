"""git as a developer runs it: Ada writes the commits, and Grace makes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

VARIABLES = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada Example",
    "GIT_AUTHOR_EMAIL": "ada@acme.example",
    "GIT_COMMITTER_NAME": "Grace Example",
    "GIT_COMMITTER_EMAIL": "grace@acme.example",
}


def git(folder: Path, *words: str) -> str:
    """Runs a command in a folder; gives what it prints, without the last line's end."""
    done = subprocess.run(["git", *words], cwd=folder, env=VARIABLES, check=True, capture_output=True)
    return done.stdout.decode().strip()
