"""A config whose applies are raced and killed: three objects that always say the same, and a message that waits."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import warm

from engine.plugins import load
from engine.store import Store

HERE = "workspaces/acme"
NAME = f"{HERE}/workspace.yaml"
FOOTER = f"{HERE}/snippets/footer.liquid"
WELCOME = f"{HERE}/templates/club/welcome.liquid"


@dataclass
class ApplyShop:
    """Drives `engine` (see conftest) in processes of their own."""

    engine: Any

    def __post_init__(self) -> None:
        self.say("0")
        self.engine.run("apply", "--yes")
        self.engine.run("send", "club/welcome", "--workspace", "acme", "--to", "+14155550123")

    def say(self, word: str, *, config: str = "config") -> None:
        """Makes a config say a word, in each of its objects."""
        if config != "config" and not (self.engine.folder / config).exists():
            shutil.copytree(self.engine.folder / "config", self.engine.folder / config)
        self.engine.write(
            f"{config}/{NAME}",
            f"name: Acme {word}\nbusiness: {{country: US}}\nsending: {{on_change: migrate}}\n",
        )
        self.engine.write(f"{config}/{FOOTER}", f"STOP stops {word}.\n")
        self.engine.write(
            f"{config}/{WELCOME}",
            f"---\npurpose: transactional\nsender: support\n---\nHi, welcome to {word}!\n{{% render 'footer' %}}\n",
        )

    def process(self, *words: str, crash: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a command in a process of its own."""
        variables = {**os.environ, **self.engine.variables}
        if crash:
            variables["ENGINE_CRASH_AT"] = crash
        return warm.run(words, cwd=self.engine.folder, variables=variables, timeout=120)

    def releases(self) -> list[tuple[str, str | None]]:
        """Gives the id and base of each release, oldest first."""
        with self._store() as store:
            return [(release.id, release.base) for release in reversed(store.releases(limit=1_000_000))]

    def word(self) -> str:
        """Gives the one word that all of what is live says, having checked that what waits is under that release."""
        with self._store() as store:
            live, messages = store.live_release(), list(store.messages())
        assert live is not None
        body = live.objects["acme/template/club/welcome"]["body"]
        footer = live.objects["acme/snippet/footer"]["body"]
        name = live.objects["acme/workspace"]["name"]
        words: set[str] = {
            body.partition("welcome to ")[2].partition("!")[0],
            footer.removeprefix("STOP stops ").partition(".")[0],
            name.removeprefix("Acme "),
        }
        assert len(words) == 1, words
        assert [(message.state.value, message.release) for message in messages] == [("queued", live.id)]
        return words.pop()

    @contextmanager
    def _store(self) -> Iterator[Store]:
        store = load([]).store("sqlite").open("sqlite:///state/engine.db", folder=Path(self.engine.folder))
        try:
            yield store
        finally:
            store.close()


def chained(releases: list[tuple[str, str | None]]) -> bool:
    """True where each release stands on the one before, so that none was lost."""
    return [base for _, base in releases] == [None, *(release for release, _ in releases[:-1])]
