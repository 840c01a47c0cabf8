"""`engine reconcile`: a checkout that follows a branch, and what is live following the checkout."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ada_git import git

WELCOME = "config/workspaces/acme/templates/club/welcome.liquid"
WORKSPACE = "config/workspaces/acme/workspace.yaml"
SENDERS = "config/workspaces/acme/senders.yaml"


@dataclass
class Desk:
    """Somebody else's checkout, who pushes to the branch that ours follows."""

    folder: Path
    ours: Any

    def git(self, *words: str, folder: Path | None = None) -> str:
        return git(folder or self.folder, *words)

    def push(self, path: str, text: str) -> str:
        """Commits a file's new text, pushes it and gives the commit's id."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.git("add", "--force", path)
        self.git("commit", "-q", "-m", path)
        self.git("push", "-q")
        return self.git("rev-parse", "HEAD")

    def change(self, path: str, was: str, becomes: str) -> str:
        """Replaces a text of a file, in a commit that is pushed; gives its id."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert was in text
        return self.push(path, text.replace(was, becomes))

    def head(self) -> str:
        """Gives the commit that our checkout is at."""
        return self.git("rev-parse", "HEAD", folder=self.ours.folder)


@pytest.fixture
def desk(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Makes the engine's folder a checkout of a repository, and another checkout of it."""
    place = tmp_path_factory.mktemp("git")
    made = Desk(place / "desk", engine)
    engine.write(".gitignore", "/state/\nsecrets.env\n")
    made.git("init", "-q", "--bare", "-b", "main", str(place / "up.git"), folder=place)
    made.git("init", "-q", "-b", "main", folder=engine.folder)
    made.git("add", ".", folder=engine.folder)
    made.git("commit", "-q", "-m", "First", folder=engine.folder)
    made.git("remote", "add", "origin", str(place / "up.git"), folder=engine.folder)
    made.git("push", "-q", "-u", "origin", "main", folder=engine.folder)
    made.git("clone", "-q", str(place / "up.git"), str(made.folder), folder=place)
    return made


def live(engine: Any) -> str | None:
    found: str | None = (engine.json("status")["release"] or {}).get("release")
    return found


def test_a_round_applies_what_changed_and_then_finds_nothing(engine: Any) -> None:
    first = engine.json("reconcile")
    assert (first["result"], first["error"], first["release"]) == ("applied", None, live(engine))
    assert first["summary"]["create"] > 0
    second = engine.json("reconcile")
    assert (second["result"], second["release"], second["digest"]) == ("unchanged", first["release"], second["digest"])
    assert len(engine.json("releases")["releases"]) == 1


def test_says_in_words_what_a_round_did(engine: Any) -> None:
    said = engine.run("reconcile")
    assert live(engine) in said
    assert "+ acme/template/club/welcome" in said
    engine.change(WORKSPACE, "country: US", "country: Atlantis")
    failed = engine.call("reconcile")
    assert live(engine) in failed.stdout
    assert WORKSPACE in failed.stderr


def test_follows_the_branch(engine: Any, desk: Desk) -> None:
    was = desk.head()
    engine.run("reconcile", "--pull")
    commit = desk.change(WELCOME, "welcome to", "hello from")
    done = engine.json("reconcile", "--pull")
    assert (done["result"], done["commit"], done["pulled_from"]) == ("applied", commit, was)
    assert desk.head() == commit
    (newest, _) = engine.json("releases")["releases"]
    assert (newest["commit"], newest["author"]) == (commit, "Ada Example <ada@acme.example>")


def test_without_pull_the_branch_is_left_alone(engine: Any, desk: Desk) -> None:
    engine.run("reconcile", "--pull")
    desk.change(WELCOME, "welcome to", "hello from")
    assert engine.json("reconcile")["result"] == "unchanged"


def test_a_bad_commit_keeps_the_last_release_and_the_next_good_one_mends_it(engine: Any, desk: Desk) -> None:
    kept = engine.json("reconcile", "--pull")["release"]
    bad = desk.change(WORKSPACE, "country: US", "country: Atlantis")
    done = engine.json("reconcile", "--pull", code=3)
    assert (done["result"], done["release"], done["commit"]) == ("failed", kept, bad)
    assert done["error"]["exit_code"] == 3
    assert {finding["file"] for finding in done["error"]["findings"]} == {WORKSPACE}
    assert live(engine) == kept
    desk.change(WORKSPACE, "country: Atlantis", "country: US")
    desk.change(WELCOME, "welcome to", "hello from")
    assert engine.json("reconcile", "--pull")["result"] == "applied"


@pytest.mark.parametrize(
    "path",
    [WELCOME, "README.md", "config/workspaces/acme/templates/new.liquid"],
    ids=["in the config", "beside the config", "a file that nobody added"],
)
def test_local_changes_are_never_lost_nor_applied(engine: Any, desk: Desk, path: str) -> None:
    desk.push("README.md", "Messages\n")
    engine.run("reconcile", "--pull")
    was = desk.head()
    engine.write(path, "---\npurpose: marketing\nsender: support\n---\nMine\n")
    desk.push(path, "---\npurpose: marketing\nsender: support\n---\nTheirs\n")
    done = engine.json("reconcile", "--pull", code=5)
    assert (done["result"], done["error"]["exit_code"]) == ("failed", 5)
    assert desk.head() == was
    assert "Mine" in (engine.folder / path).read_text()


def test_an_ignored_file_is_not_overwritten(engine: Any, desk: Desk) -> None:
    engine.run("reconcile", "--pull")
    engine.write("secrets.env", "mine")
    desk.push("secrets.env", "theirs")
    assert engine.json("reconcile", "--pull", code=5)["result"] == "failed"
    assert (engine.folder / "secrets.env").read_text() == "mine"


@pytest.mark.parametrize("theirs", [False, True], ids=["ahead", "diverged"])
def test_a_commit_that_is_only_here_is_neither_lost_nor_applied(engine: Any, desk: Desk, theirs: bool) -> None:
    kept = engine.json("reconcile", "--pull")["release"]
    engine.change(WELCOME, "welcome to", "greetings from")
    desk.git("commit", "-q", "-a", "-m", "Here", folder=engine.folder)
    was = desk.head()
    if theirs:
        desk.push("README.md", "Messages\n")
    assert engine.json("reconcile", "--pull", code=5)["release"] == kept
    assert desk.head() == was


def test_a_remote_that_does_not_answer_changes_nothing(engine: Any, desk: Desk) -> None:
    kept = engine.json("reconcile", "--pull")["release"]
    desk.git("remote", "set-url", "origin", str(desk.folder / "nosuch.git"), folder=engine.folder)
    done = engine.json("reconcile", "--pull", code=9)
    assert (done["result"], done["release"], done["error"]["exit_code"]) == ("failed", kept, 9)


def test_what_is_fetched_starts_no_program(engine: Any, desk: Desk) -> None:
    hooks = engine.folder / "hooks"
    hooks.mkdir()
    for name in ("post-merge", "reference-transaction", "post-checkout"):
        (hooks / name).write_text("#!/bin/sh\ntouch ran\n")
        (hooks / name).chmod(0o755)
    desk.git("config", "core.hooksPath", "hooks", folder=engine.folder)
    desk.push("README.md", "Messages\n")
    assert engine.json("reconcile", "--pull")["pulled_from"] is not None
    assert not (engine.folder / "ran").exists()


def test_there_must_be_a_branch_to_follow(engine: Any, desk: Desk) -> None:
    desk.git("checkout", "-q", "--detach", folder=engine.folder)
    assert engine.json("reconcile", "--pull", code=64)["error"]["exit_code"] == 64
    engine.refused("reconcile", "--pull", "--every", "1h", code=64)


@pytest.mark.parametrize(
    "words",
    [("--every", "0s"), ("--every", "soon"), ("--allow", "nosuch:acme"), ("--lock-timeout", "-1")],
    ids=" ".join,
)
def test_options_that_mean_nothing_are_refused(engine: Any, words: tuple[str, ...]) -> None:
    engine.refused("reconcile", *words, code=64)


def test_rails_refuse_as_in_apply(engine: Any) -> None:
    engine.change(SENDERS, "kind: long-code", "kind: long-code\n    protect: true")
    engine.write(
        SENDERS,
        (engine.folder / SENDERS).read_text() + '  other: {number: "+14155550101", kind: long-code}\n',
    )
    kept = engine.json("reconcile")["release"]
    engine.write(SENDERS, 'senders:\n  other: {number: "+14155550101", kind: long-code}\n')
    engine.change(WELCOME, "sender: support", "sender: other")
    done = engine.json("reconcile", code=5)
    assert (done["result"], done["release"]) == ("failed", kept)
    rails = [allow for allow in done["error"]["hint"].split() if allow.startswith("protect:")]
    assert rails == ["protect:acme/sender/support"]
    allowed = engine.json("reconcile", "--allow", "protect:acme/sender/support")
    assert allowed["result"] == "applied"


def test_what_was_changed_behind_its_back_is_told_and_healed_only_on_demand(engine: Any) -> None:
    engine.run("reconcile")
    text = (engine.folder / WELCOME).read_text()
    engine.change(WELCOME, "welcome to", "greetings from")
    engine.run("apply", "--yes")
    other = live(engine)
    engine.write(WELCOME, text)
    done = engine.json("reconcile")
    assert (done["result"], done["release"], done["summary"]["update"]) == ("drifted", other, 1)
    again = engine.json("reconcile")
    assert (again["result"], again["since"]) == ("drifted", done["since"])
    healed = engine.json("reconcile", "--heal")
    assert (healed["result"], healed["since"]) == ("applied", None)
    assert healed["release"] not in (None, other)


def test_a_rollback_lasts_until_the_config_changes(engine: Any) -> None:
    first = engine.json("reconcile")["release"]
    engine.change(WELCOME, "welcome to", "greetings from")
    engine.run("reconcile")
    engine.run("rollback", first, "--yes")
    back = live(engine)
    done = engine.json("reconcile")
    assert (done["result"], done["release"]) == ("drifted", back)
    engine.change(WELCOME, "greetings from", "hello from")
    assert engine.json("reconcile")["result"] == "applied"


def test_status_shows_the_last_round(engine: Any) -> None:
    assert engine.json("status")["reconcile"] is None
    engine.run("reconcile")
    fine = engine.json("status")["reconcile"]
    assert (fine["result"], fine["every"], fine["message"], fine["late"]) == ("applied", None, None, False)
    engine.change(WORKSPACE, "country: US", "country: Atlantis")
    engine.run("reconcile", code=3)
    engine.change(WORKSPACE, "country: Atlantis", "country: US")
    failed = engine.json("status")["reconcile"]
    assert (failed["result"], failed["since"]) == ("failed", failed["at"])
    assert failed["message"]


@pytest.fixture
def following(engine: Any, desk: Desk) -> Iterator[subprocess.Popen[str]]:
    process = engine.start("reconcile", "--every", "1s", "--pull", "--format", "ndjson")
    yield process
    process.kill()
    process.communicate()


def rounds(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def test_goes_on_through_bad_commits_until_sigterm(engine: Any, desk: Desk, following: subprocess.Popen[str]) -> None:
    seen = rounds(following)
    first = next(seen)
    assert (first["version"], first["result"]) == (1, "applied")
    bad = desk.change(WORKSPACE, "country: US", "country: Atlantis")
    failed = next(one for one in seen if one["commit"] == bad)
    assert (failed["result"], failed["release"]) == ("failed", first["release"])
    still = next(seen)
    assert (still["result"], still["since"]) == ("failed", failed["since"])
    good = desk.change(WORKSPACE, "country: Atlantis", "country: CA")
    mended = next(one for one in seen if one["commit"] == good)
    assert (mended["result"], mended["since"]) == ("applied", None)
    following.send_signal(signal.SIGTERM)
    assert {one["result"] for one in seen} <= {"unchanged"}
    assert following.wait() == 0
    assert live(engine) == mended["release"]


def test_two_at_once_make_one_release(engine: Any) -> None:
    both = [engine.start("reconcile", "--format", "json") for _ in range(2)]
    done = [json.loads(process.communicate()[0]) for process in both]
    assert sorted(one["result"] for one in done) == ["applied", "unchanged"]
    assert len(engine.json("releases")["releases"]) == 1
