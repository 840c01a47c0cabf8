"""The conversation tests of a config, checked and ready to be played."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.compose.environment import MessageEnvironment
from engine.compose.findings import all_findings, has_errors
from engine.config.conversations import Conversation
from engine.config.load import load
from engine.config.models import Project
from engine.contracts import PluginContext
from engine.errors import ConfigError
from engine.plugins import Plugins
from engine.testing.context import ManualClock, plugin_context
from engine.testing.conversations.branches import Branches
from engine.testing.conversations.conversation import Places, play
from engine.testing.conversations.coverage import Coverage, cover, texts
from engine.testing.conversations.heard import Heard
from engine.testing.conversations.results import Result
from engine.testing.conversations.scene import BEGINNING, RELEASE, Scenes
from engine.types import Source


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `index` is its place in its file, from 0."""

    workspace: str
    address: str  # of its file: "acme/test/club"
    index: int
    conversation: Conversation
    place: Source

    @property
    def name(self) -> str:
        """Its name."""
        return self.conversation.name


class Suite:
    """Every test of a config. Nothing that it does is live: plugins get a read-only context that has no secrets, no
    variable of the environment is read, and whatever is kept is kept in memory."""

    def __init__(
        self,
        folder: Path,
        project: Project,
        plugins: Plugins,
        cases: Sequence[Case],
        sources: Mapping[str, Source],
        *,
        trace: bool,
    ) -> None:
        self.folder = folder
        self.project = project
        self.cases = cases
        self._sources = sources
        self._clock = ManualClock(BEGINNING)
        self._heard = Heard()
        self._branches = {name: Branches() for name in project.workspaces}
        context = partial(_context, folder, self._clock)
        self._scenes = Scenes(project, plugins, context, self._watch if trace else None)

    @classmethod
    def open(cls, config: Path, *, environment: str | None = None, trace: bool = False) -> Suite:
        """Reads and checks a config. With `trace`, the branches of its Liquid are watched.

        Raises ConfigError with every finding where one is an error, UsageError for an unknown environment.
        """
        loaded = load(config, environment=environment, variables={})
        findings = all_findings(loaded, partial(_context, loaded.folder, ManualClock(BEGINNING)))
        if has_errors(findings) or loaded.plugins is None:
            raise ConfigError("the config is invalid", findings, hint="see all of it with: engine validate")
        cases = [
            Case(address.partition("/")[0], address, index, test, _place(loaded.sources, f"{address}#{index}"))
            for address, tests in loaded.conversations.items()
            for index, test in enumerate(tests)
        ]
        return cls(loaded.folder, loaded.require(), loaded.plugins, cases, loaded.sources, trace=trace)

    def run(self, case: Case) -> Result:
        """Plays one test, on a state of its own."""

        def places(field: str) -> Source:
            return _place(self._sources, f"{case.address}#{case.index}{'.' if field else ''}{field}")

        return self.play(case.workspace, case.conversation, places)

    def play(self, workspace: str, conversation: Conversation, places: Places) -> Result:
        """Plays a conversation in a workspace; `places` gives where its fields stand."""
        return play(self._scenes.scene(workspace), conversation, places, self._clock, self._heard)

    def coverage(self, workspaces: Collection[str]) -> Coverage:
        """Gives what the tests that ran have shown of some workspaces. Branches are known only where they are watched.

        Raises ComposeError for Liquid that cannot be parsed.
        """
        for name in workspaces:
            composer = self._scenes.live.composer(RELEASE, name)
            for address, _, text in texts(self.project.workspaces[name]):
                kind, _, about = address.partition("/")
                if kind == "snippet":
                    composer.environment.get_template(about)
                elif "{" in text:
                    composer.compiled.parse(text)
        return cover(self.project, workspaces, self._heard, self._branches, self._sources)

    def _watch(self, workspace: str, environment: MessageEnvironment) -> None:
        self._branches[workspace].watch(environment)


def _context(folder: Path, clock: ManualClock, name: str) -> PluginContext:
    del name
    return plugin_context(folder, clock=clock, read_only=True)


def _place(sources: Mapping[str, Source], address: str) -> Source:
    """Gives where a field of a test stands, or what holds it."""
    while (found := sources.get(address)) is None:
        address = address.rpartition(".")[0] or address.partition("#")[0]
    return found
