"""Follows a git branch: fetches what its remote has, and moves a clean checkout forward to it.

Nothing that is only in the checkout is ever lost, be it a change, a commit or a file that git does not keep: where one
would be, the checkout stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import PullRefused, RepositoryUnavailable, UsageError
from engine.reconcile.git import run, words

FETCH_SECONDS = 120.0
"""How long the remote may take."""
_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "submodule.recurse=false", "-c", "gc.auto=0")
"""A commit can bring a hook where hooks are kept in the repository: what is fetched starts no program here."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Where the checkout was and where it is, as ids of commits."""

    before: str
    after: str


def pull(config: Path, variables: Mapping[str, str]) -> Pulled:
    """Moves the checkout that holds the config to the newest commit of the branch it follows.

    Raises UsageError where there is no checkout or its branch follows none, RepositoryUnavailable where the remote
    cannot be read, and PullRefused where the checkout has changes or commits that the branch has not.
    """
    before = _require_clean(config, variables)
    remote = _line(config, variables, "rev-parse", "--abbrev-ref", "@{upstream}")
    if remote is None:
        raise UsageError(
            f"the branch of {config} follows no other, so there is nothing to pull",
            hint="git branch --set-upstream-to=origin/main",
        )
    fetched = run(
        config, variables, *_QUIET, "fetch", "--quiet", "--no-recurse-submodules", seconds=FETCH_SECONDS, online=True
    )
    if fetched is None or fetched.returncode:
        raise RepositoryUnavailable(
            f"git cannot fetch {remote}: {words(fetched)}",
            hint="check the network, and that this user may read the repository: git fetch",
        )
    after = _line(config, variables, "rev-parse", "--verify", "--quiet", "@{upstream}^{commit}")
    if after is None:
        raise PullRefused(f"{remote} is gone", hint="let the checkout follow another branch")
    if after != before:
        _forward(config, variables, before, after, remote)
    return Pulled(before, after)


def _require_clean(config: Path, variables: Mapping[str, str]) -> str:
    """Gives the commit of a clean checkout: no file that git keeps is changed, and the config has no file beside."""
    head = _line(config, variables, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head is None:
        raise UsageError(
            f"{config} is in no git checkout with a commit", hint="git clone the repository, or leave out --pull"
        )
    changed = run(config, variables, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none")
    beside = run(config, variables, "ls-files", "--others", "--exclude-standard", "--", ".")
    if changed is None or beside is None or changed.returncode or beside.returncode:
        raise PullRefused(f"git cannot tell whether the checkout is clean: {words(changed)}")
    names = [*changed.stdout.decode("utf-8", "replace").splitlines()]
    names += [f"?? {name}" for name in beside.stdout.decode("utf-8", "replace").splitlines()]
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise PullRefused(
            f"the checkout has changes that no commit holds: {', '.join(names[:3])}{more}",
            hint="commit and push them, or take them back; git status shows them",
        )
    return head


def _forward(config: Path, variables: Mapping[str, str], before: str, after: str, remote: str) -> None:
    ahead = run(config, variables, "merge-base", "--is-ancestor", before, after)
    if ahead is None or ahead.returncode:
        raise PullRefused(
            f"the checkout is at {before[:12]}, which {remote} at {after[:12]} does not contain: it was committed "
            "here, or the branch was rewritten",
            hint="push what is only here; where the branch was rewritten on purpose: git reset --hard @{upstream}",
        )
    # Git overwrites ignored files without a word unless told not to: a state, or a file with secrets.
    merged = run(
        config,
        variables,
        *_QUIET,
        "merge",
        "--ff-only",
        "--no-overwrite-ignore",
        "--quiet",
        "--no-stat",
        after,
        seconds=FETCH_SECONDS,
        online=True,
    )
    if merged is None or merged.returncode:
        raise PullRefused(f"git cannot move the checkout to {after[:12]}: {words(merged)}")


def _line(config: Path, variables: Mapping[str, str], *arguments: str) -> str | None:
    done = run(config, variables, *arguments)
    return done.stdout.decode("utf-8", "replace").strip() if done is not None and done.returncode == 0 else None
