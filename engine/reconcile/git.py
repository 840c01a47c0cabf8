"""What git knows about the config: the commit that it is at, and the files of another revision.

Everything here works without git and outside a repository: there is just nothing to tell.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UsageError

_SECONDS = 20.0
_DETERMINED = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=true")
"""A repository may name a program for git to start at every `status` (core.fsmonitor): not for us."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Where the config stands in git. `dirty` is True where its files differ from the commit."""

    id: str
    author: str  # "Ada Example <ada@acme.example>"
    dirty: bool

    @property
    def name(self) -> str:
        """The commit's id, with `-dirty` behind it where the files differ, as `git describe --dirty` writes it."""
        return f"{self.id}-dirty" if self.dirty else self.id


def commit_of(config: Path, variables: Mapping[str, str]) -> Commit | None:
    """Gives the commit that the config's folder is at.

    None where there is no git, no repository, no commit yet, or where git does not keep this config at all
    (a folder that is ignored, or that nobody added).
    """
    if not _try(config, variables, "ls-files", "--", "."):
        return None
    log = _try(config, variables, "log", "-1", "--no-show-signature", "--format=%H%n%an <%ae>")
    if not log:
        return None
    commit_id, _, author = log.partition("\n")
    status = _try(config, variables, "status", "--porcelain", "--untracked-files=all", "--", ".")
    return Commit(commit_id, author.strip(), dirty=status is None or bool(status.strip()))


def resolve(config: Path, revision: str, variables: Mapping[str, str]) -> str:
    """Gives the id of the commit that a revision names. Raises UsageError where there is none."""
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    found = _try(config, variables, *arguments)
    if not found:
        raise UsageError(
            f"git knows no revision {revision!r} for {config}",
            hint="give a commit, branch or tag of the repository that holds the config; in CI, fetch it first",
        )
    return found.strip()


def merge_base(config: Path, commit_id: str, variables: Mapping[str, str]) -> str | None:
    """Gives the commit at which the checkout parted from another one: what a pull request is compared with.

    None where git cannot tell, for instance in a shallow clone.
    """
    found = _try(config, variables, "merge-base", commit_id, "HEAD")
    return found.strip() if found else None


def edited(config: Path, commit_id: str, variables: Mapping[str, str]) -> frozenset[str] | None:
    """Gives the config's files that differ from a commit, those that nobody added yet included, as `Source` names them.

    None where git cannot tell, for instance in a shallow clone without that commit.
    """
    differs = _try(config, variables, "diff", "--name-only", "-z", "--no-renames", "--relative", commit_id, "--", ".")
    new = _try(config, variables, "ls-files", "-z", "--others", "--exclude-standard", "--", ".")
    if differs is None or new is None:
        return None
    name = config.absolute().name
    return frozenset(f"{name}/{file}" for file in (*differs.split("\0"), *new.split("\0")) if file)


def run(
    folder: Path,
    variables: Mapping[str, str],
    *arguments: str,
    seconds: float = _SECONDS,
    given: bytes | None = None,
    online: bool = False,
) -> subprocess.CompletedProcess[bytes] | None:
    """Runs git, which asks nothing and leaves the index alone; None where it cannot run or takes too long.

    It runs in a session of its own: it has no terminal to ask a password on, and Ctrl-C leaves it time to end.
    `given` is what it reads. Unless `online` it fetches nothing, not even what a partial clone lacks.
    """
    environment = {**variables, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    if not online:
        environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}  # the first since git 2.44
    try:
        return subprocess.run(  # noqa: S603 # no shell; what is free, a revision, stands behind --end-of-options
            ["git", *_DETERMINED, *arguments],  # noqa: S607 # the user's own git, wherever their PATH has it
            cwd=folder,
            env=environment,
            input=given if given is not None else b"",
            capture_output=True,
            timeout=seconds,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def words(done: subprocess.CompletedProcess[bytes] | None) -> str:
    """Gives what git said of an error."""
    return done.stderr.decode("utf-8", "replace").strip() if done is not None else "git did not answer"


def _try(folder: Path, variables: Mapping[str, str], *arguments: str) -> str | None:
    done = run(folder, variables, *arguments)
    return done.stdout.decode("utf-8", "replace") if done is not None and done.returncode == 0 else None
