"""One workspace as its conversations find it: applied, its texts parsed, nobody there yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b

from engine.compose.build import composer as build_composer
from engine.compose.composer import Composer
from engine.compose.environment import MessageEnvironment
from engine.config.models import Project, Workspace
from engine.config.providers import build_normaliser
from engine.contracts import NumberNormaliser, PluginContext, Shortener
from engine.delivery.live import Live
from engine.delivery.queueing import Applied
from engine.inbound.keywords import Router
from engine.inbound.line import Line
from engine.plugins import Plugins
from engine.state.memory import Beginning
from engine.store import Store
from engine.types import Release

RELEASE = "rel_conversation"
BEGINNING = datetime(2026, 3, 2, 18, tzinfo=UTC)
"""When a test begins that does not say: day in America and in Europe."""

Watch = Callable[[str, MessageEnvironment], None]
"""Called with each workspace and its Liquid, before any of its texts is parsed."""

_STAND_IN = "abc123"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class SteadyLinks(Shortener):
    """Makes links of the chosen shortener's length that are the same in every run, and no two of them alike."""

    name = "steady"

    def __init__(self, chosen: Shortener) -> None:
        super().__init__(chosen.domain, chosen.context)
        self._chosen = chosen

    def shorten(self, url: str, *, message_id: str, position: int) -> str:
        """Gives the preview's address with six characters that only this link has."""
        number = int.from_bytes(blake2b(f"{message_id}\0{position}\0{url}".encode(), digest_size=8).digest(), "big")
        code = ""
        for _ in _STAND_IN:
            number, digit = divmod(number, len(_ALPHABET))
            code += _ALPHABET[digit]
        return self.preview(url).removesuffix(_STAND_IN) + code

    def preview(self, url: str) -> str:
        """Gives the chosen shortener's preview."""
        return self._chosen.preview(url)


class SceneLive(Live):
    """The one release of a scene, without a state to read it from."""

    def __init__(
        self,
        store: Store,
        plugins: Plugins,
        context: Callable[[str], PluginContext],
        applied: Applied,
        watch: Watch | None,
    ) -> None:
        super().__init__(store, plugins, context)
        self._applied = applied
        self._watch = watch
        self._made: dict[str, Composer] = {}

    def project(self, release_id: str) -> tuple[Release, Project]:
        """Gives the release and its config."""
        del release_id
        return self._applied.release, self._applied.project

    def composer(self, release_id: str, workspace: str) -> Composer:
        """Gives what composes the workspace's messages, with links that are the same in every run."""
        del release_id
        if workspace not in self._made:
            project, plugins = self._applied.project, self._plugins
            made = build_composer(project, workspace, plugins=plugins, context=self._context, links_by=SteadyLinks)
            if self._watch is not None:
                self._watch(workspace, made.environment)
            self._made[workspace] = made
        return self._made[workspace]


class Scenes:
    """The workspaces of a project, all of them in one state from which each conversation gets a copy."""

    def __init__(
        self,
        project: Project,
        plugins: Plugins,
        context: Callable[[str], PluginContext],
        watch: Watch | None,
    ) -> None:
        self.plugins = plugins
        self.context = context
        self._beginning = Beginning()
        release = _release()
        self._beginning.store.put_release(release)
        workspaces = {name: _answering(workspace) for name, workspace in project.workspaces.items()}
        self.applied = Applied(release, project.model_copy(update={"workspaces": workspaces}))
        self.live = SceneLive(self._beginning.store, plugins, context, self.applied, watch)
        self.live.refresh()
        self._scenes: dict[str, Scene] = {}

    def scene(self, workspace: str) -> Scene:
        """Gives a workspace's scene."""
        if workspace not in self._scenes:
            self._scenes[workspace] = Scene(self, workspace)
        return self._scenes[workspace]

    def store(self) -> Store:
        """Gives a new state, with the release and nothing else in it."""
        return self._beginning.copy()


class Scene:
    """One workspace."""

    def __init__(self, scenes: Scenes, name: str) -> None:
        self.scenes = scenes
        self.name = name
        self.workspace = scenes.applied.project.workspaces[name]
        self.line = Line(name, self.workspace, RELEASE, provider_answers=False)
        self.router = Router(self.workspace.keywords, self.workspace.consent)

    @cached_property
    def normaliser(self) -> NumberNormaliser:
        """What reads its numbers. Raises ConfigError."""
        return build_normaliser(self.workspace.settings, self.scenes.plugins, self.scenes.context)

    @cached_property
    def first_sender(self) -> str | None:
        """The first of its senders that can be texted."""
        return next((n for n, sender in self.workspace.senders.items() if sender.alphanumeric is None), None)


def _answering(workspace: Workspace) -> Workspace:
    """STOP, START and HELP are answered by the engine in tests, whoever does it for the provider's account."""
    consent = workspace.consent.model_copy(update={"replies_by": "engine"})
    return workspace.model_copy(update={"consent": consent})


def _release() -> Release:
    return Release(
        id=RELEASE,
        base=None,
        digest="",
        objects={},
        sources={},
        applied_at=BEGINNING,
        applied_by="",
        commit=None,
        author=None,
        environment=None,
        versions={},
    )
