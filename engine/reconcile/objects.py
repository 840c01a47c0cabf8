"""Reads the config at a commit from git's objects alone: no network, no filter, no attribute has a say in it.

`git archive` would leave out what `.gitattributes` marks `export-ignore` and run filters over the rest, and a partial
clone would fetch what it lacks (https://git-scm.com/docs/partial-clone).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import UsageError
from engine.reconcile.git import run, words

_SYMLINK = "120000"
_SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class _File:
    mode: str
    id: str
    path: str


def export(config: Path, commit_id: str, into: Path, variables: Mapping[str, str]) -> bool:
    """Writes the config's folder, as it was at a commit, to `into`. False where the commit has no such folder.

    Raises UsageError where git cannot read it, for instance since a partial clone lacks objects.
    """
    listed = run(config, variables, "ls-tree", "-r", "-z", commit_id, "./")
    if listed is None or listed.returncode:
        raise _unreadable(commit_id, words(listed))
    files = [file for file in _files(listed.stdout) if file.mode != _SUBMODULE]
    if not files:
        return False
    into.mkdir(parents=True, exist_ok=True)
    for file, content in zip(files, _contents(config, commit_id, files, variables), strict=True):
        _write(into, file, content)
    return True


def _files(listed: bytes) -> Iterator[_File]:
    for row in listed.split(b"\0"):
        about, _, path = row.partition(b"\t")
        if path:
            mode, _, object_id = about.decode("ascii").split(" ")
            yield _File(mode, object_id, os.fsdecode(path))


def _contents(config: Path, commit_id: str, files: list[_File], variables: Mapping[str, str]) -> Iterator[bytes]:
    """Gives the content of each file. What git prints of one is a line about it, its bytes and a line feed."""
    asked = "".join(f"{file.id}\n" for file in files).encode("ascii")
    done = run(config, variables, "cat-file", "--batch", given=asked)
    if done is None or done.returncode:
        raise _unreadable(commit_id, words(done))
    at = 0
    for file in files:
        end = done.stdout.index(b"\n", at)
        about = done.stdout[at:end].decode("ascii", "replace").split(" ")
        if len(about) != 3:
            raise _unreadable(commit_id, f"{file.path} is not in this clone; fetch it first")
        start = end + 1
        at = start + int(about[2]) + 1
        yield done.stdout[start : at - 1]


def _write(into: Path, file: _File, content: bytes) -> None:
    path = PurePosixPath(file.path)
    if path.is_absolute() or ".." in path.parts:
        raise UsageError(f"git names a file {file.path!r}, which lies outside of the config")
    place = into / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if file.mode != _SYMLINK:
        place.write_bytes(content)
        return
    target = place.parent / os.fsdecode(content)
    if target.resolve().is_relative_to(into.resolve()) and not PurePosixPath(os.fsdecode(content)).is_absolute():
        place.symlink_to(os.fsdecode(content))


def _unreadable(commit_id: str, why: str) -> UsageError:
    return UsageError(f"git cannot read the config at {commit_id[:12]}: {why}")
