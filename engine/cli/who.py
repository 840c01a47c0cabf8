"""Who runs this command."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping


def operator(variables: Mapping[str, str]) -> str:
    """Gives user@host; in GitHub Actions the person who started the workflow."""
    actor = variables.get("GITHUB_ACTOR")
    if actor and variables.get("GITHUB_ACTIONS") == "true":
        return f"{actor}@github"
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
