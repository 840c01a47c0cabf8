"""The applied configs as the send loop needs them.

A message's words come from the release that it was queued under; how to send (provider, rates, limits, leases)
comes from the live one, so that a rotated credential or a corrected rate reaches what already waits.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

from engine.caps import Cost
from engine.compose.build import composer as build_composer
from engine.compose.composer import Composer
from engine.config.endpoints import status_url
from engine.config.models import ConsentConfig, Project, SenderConfig, Workspace
from engine.config.prices import cost
from engine.config.providers import build_provider
from engine.config.settings_models import Sending, WorkspaceConfig
from engine.config.snapshot import restore
from engine.contracts import PluginContext, Provider
from engine.errors import ConfigError, StateUnavailable, UsageError
from engine.outbox import Frozen
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Release, SecretRef

KEPT = 8
"""Releases kept in memory; older ones are read again when a message needs them."""


class Live:
    """Gives composers, settings and providers by workspace and release."""

    def __init__(self, store: Store, plugins: Plugins, context: Callable[[str], PluginContext]) -> None:
        self._store = store
        self._plugins = plugins
        self._context = context
        self._projects: OrderedDict[str, tuple[Release, Project]] = OrderedDict()
        self._composers: dict[tuple[str, str], Composer] = {}
        self._providers: dict[tuple[str, str], Provider[Any]] = {}
        self._providers_by_via: dict[tuple[str, str], Provider[Any]] = {}
        self._live: tuple[str | None, Project | None] = None, None  # read while another thread refreshes: one value
        self._costs: dict[tuple[int, str | None, int, bool], tuple[WorkspaceConfig, Cost | None]] = {}
        self._lock = threading.Lock()

    def refresh(self) -> bool:
        """Looks for a new release and reads it; True where there is one."""
        live = self._store.live_release_id()
        if live == self._live[0]:
            return False
        self._live = live, self.project(live)[1] if live is not None else None
        self._costs.clear()
        return True

    def knows(self, release_ids: Collection[str]) -> bool:
        """False where one of these releases was not met yet: then there may be a new live one, too, and a message that
        was queued under it must not be judged by the settings before it."""
        with self._lock:
            return all(release_id in self._projects for release_id in release_ids)

    @property
    def release_id(self) -> str | None:
        """The live release as of the last refresh."""
        return self._live[0]

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """The workspaces of the live release as of the last refresh."""
        live = self._live_project()
        return live.workspaces if live is not None else {}

    @property
    def public_url(self) -> str:
        """Where the live release says that `engine serve` is reached, without a slash at the end; empty: nowhere."""
        live = self._live_project()
        return live.engine.public_url.rstrip("/") if live is not None else ""

    @property
    def called_back(self) -> frozenset[str]:
        """The workspaces of the live release whose provider is asked to call us about their messages."""
        if not self.public_url:
            return frozenset()
        return frozenset(name for name in self.workspaces if self.status_callback(name, "", 0) is not None)

    def status_callback(self, workspace: str, message_id: str, attempt: int) -> str | None:
        """Gives where the provider of a workspace says what became of an attempt at a message; None where it is not
        asked to: it makes no calls, or nothing says where we are reached."""
        live = self._live_project()
        if live is None or not live.engine.public_url or workspace not in live.workspaces:
            return None
        provider = live.workspaces[workspace].settings.delivery.provider
        if not self._plugins.provider(provider).makes_calls():
            return None
        return status_url(live.engine.public_url.rstrip("/"), workspace, provider, message_id, attempt)

    def workspace(self, workspace: str, release_id: str) -> Workspace:
        """Gives the live release's workspace, or the message's own where it is gone."""
        return self._workspace_of(workspace, release_id).workspaces[workspace]

    @property
    def local_webhooks(self) -> bool:
        """True where the live release lets webhooks lead to this machine."""
        live = self._live_project()
        return live is not None and live.engine.local_webhooks

    def secret(self, ref: SecretRef) -> str:
        """Gives the value of a secret. Raises ConfigError, naming the variable, where it is unset."""
        return self._context("webhooks").secret(ref)

    @property
    def client_header(self) -> str | None:
        """The header in which a trusted proxy says who asks, None where there is none."""
        live = self._live_project()
        return live.engine.client_header if live is not None else None

    def project(self, release_id: str) -> tuple[Release, Project]:
        """Gives a release and its config. Raises StateUnavailable where the state has lost it."""
        with self._lock:
            if release_id in self._projects:
                self._projects.move_to_end(release_id)
                return self._projects[release_id]
            release = self._store.release(release_id)
            if release is None:
                raise StateUnavailable(f"the state holds messages of release {release_id}, but not the release")
            self._projects[release_id] = (release, restore(release.objects))
            while len(self._projects) > KEPT:
                gone, _ = self._projects.popitem(last=False)
                self._composers = {key: value for key, value in self._composers.items() if key[0] != gone}
            return self._projects[release_id]

    def composer(self, release_id: str, workspace: str) -> Composer:
        """Gives what composes a workspace's messages under a release."""
        key = (release_id, workspace)
        if key not in self._composers:
            _, project = self.project(release_id)
            made = build_composer(project, workspace, plugins=self._plugins, context=self._context)
            self._composers[key] = made
        return self._composers[key]

    def via(self, workspace: str, release_id: str) -> str:
        """Gives the release whose `delivery` carries a workspace's messages now: the live one, or the message's own
        where its workspace is gone."""
        live_id, live = self._live
        return live_id if live_id is not None and live is not None and workspace in live.workspaces else release_id

    def settings(self, workspace: str, release_id: str) -> WorkspaceConfig:
        """Gives how to send: the live release's settings, or the message's own where its workspace is gone."""
        return self.workspace(workspace, release_id).settings

    def consent(self, workspace: str, release_id: str) -> ConsentConfig:
        """Gives the consent rules in force."""
        return self.workspace(workspace, release_id).consent

    def cost(self, workspace: str, release_id: str, frozen: Frozen) -> Cost | None:
        """Gives what a message costs by the prices in force, None where that is unknown."""
        settings, mms = self.settings(workspace, release_id), bool(frozen.media)
        key = (id(settings), frozen.country, frozen.segments, mms)
        if key not in self._costs:
            # The settings are kept beside, so that no other object ever takes their id.
            self._costs[key] = settings, cost(settings, frozen.country, segments=frozen.segments, mms=mms)
        return self._costs[key][1]

    def sending(self, workspace: str) -> Sending:
        """Gives how the loop behaves for a workspace: the live release's word, or the defaults where it is gone."""
        live = self._live_project()
        found = live.workspaces.get(workspace) if live else None
        return found.settings.sending if found else Sending()

    def longest_first_look(self) -> timedelta:
        """Gives the longest wait before a first look-up that any workspace asks for."""
        return max((sending.look_ups[0] for sending in self._sendings()), default=Sending().look_ups[0])

    def sender(self, lane: str) -> SenderConfig | None:
        """Gives the live config of a lane's sender, None where it is gone."""
        workspace, _, name = lane.partition("/sender/")
        live = self._live_project()
        found = live.workspaces.get(workspace) if live else None
        return found.senders.get(name) if found else None

    def can_move(self, lane: str) -> bool:
        """True where a template names this lane's sender and another one beside it."""
        workspace, _, name = lane.partition("/sender/")
        live = self._live_project()
        found = live.workspaces.get(workspace) if live else None
        return found is not None and any(
            name in senders and len(senders) > 1
            for template in found.templates.values()
            for senders in (template.sender, *(text.sender for text in template.languages.values()))
        )

    def provider(self, workspace: str, via: str) -> Provider[Any]:
        """Gives the provider that a workspace has under a release, built once for each `delivery` that differs.

        Raises ConfigError.
        """
        if (workspace, via) in self._providers_by_via:
            return self._providers_by_via[workspace, via]
        _, project = self.project(via)
        if workspace not in project.workspaces:
            raise ConfigError(f"release {via} has no workspace {workspace!r}")
        settings = project.workspaces[workspace].settings
        key = (workspace, settings.delivery.model_dump_json())
        if key not in self._providers:
            self._providers[key] = build_provider(settings, self._plugins, self._context)
        self._providers_by_via[workspace, via] = self._providers[key]
        return self._providers[key]

    def providers(self) -> list[Provider[Any]]:
        """Gives every provider that was built; whoever runs the loop closes them."""
        return list(self._providers.values())

    def longest_lease(self) -> timedelta:
        """Gives the longest lease that any workspace asks for."""
        return max((sending.lease for sending in self._sendings()), default=Sending().lease)

    def _sendings(self) -> list[Sending]:
        live = self._live_project()
        return [workspace.settings.sending for workspace in live.workspaces.values()] if live else []

    def _live_project(self) -> Project | None:
        return self._live[1]

    def _workspace_of(self, workspace: str, release_id: str) -> Project:
        live = self._live_project()
        if live is not None and workspace in live.workspaces:
            return live
        _, project = self.project(release_id)
        if workspace not in project.workspaces:
            raise UsageError(f"release {release_id} has no workspace {workspace!r}")
        return project
