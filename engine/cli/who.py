"""Who runs this command, and where."""

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


def run_of(variables: Mapping[str, str]) -> str | None:
    """Gives the address of the CI run that this command is part of, None outside of one that says so."""
    if variables.get("GITHUB_ACTIONS") == "true":
        server, repository, run = (variables.get(f"GITHUB_{name}") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
        return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None
    # GitLab, CircleCI, Buildkite, Jenkins.
    names = ("CI_JOB_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL", "BUILD_URL")
    return next((variables[name] for name in names if variables.get(name)), None)
