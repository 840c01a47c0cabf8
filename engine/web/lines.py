"""The lines on which texts and statuses come in, under the live release: made once, and read by every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.config.endpoints import INBOUND_PATH, STATUS_PATH
from engine.contracts import Provider
from engine.delivery.live import Live
from engine.errors import ConfigError, UsageError
from engine.inbound.keywords import Router
from engine.inbound.line import Line
from engine.names import did_you_mean


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A workspace's line with what is needed to answer a call on it."""

    line: Line
    router: Router
    provider: Provider[Any] | None
    trouble: ConfigError | None = None  # why there is no provider


@dataclass(frozen=True, slots=True)
class Lines:
    """All of them. `public_url` is where providers reach us, without a slash at the end."""

    release: str | None = None
    public_url: str = ""
    by_name: Mapping[str, OpenLine] = field(default_factory=dict)
    by_path: Mapping[str, OpenLine] = field(default_factory=dict)  # where their providers call

    @classmethod
    def of(cls, live: Live) -> Lines:
        """Gives the lines of the live release as of its last refresh."""
        release = live.release_id
        if release is None:
            return cls()
        lines = {name: _open(live, name, release) for name in live.workspaces}
        called = {path: line for line in lines.values() for path in _paths(line)}
        return cls(release, live.public_url, lines, called)

    def of_workspace(self, name: str) -> OpenLine:
        """Gives a workspace's line. Raises UsageError."""
        if name not in self.by_name:
            raise UsageError(f"there is no workspace {name!r}", hint=did_you_mean(name, self.by_name))
        return self.by_name[name]


def _paths(line: OpenLine) -> Sequence[str]:
    """Gives where a line's provider calls; nowhere, where it makes no calls."""
    if line.provider is not None and not line.provider.makes_calls():
        return ()
    name, provider = line.line.name, line.line.workspace.settings.delivery.provider
    return [path.format(workspace=name, provider=provider) for path in (INBOUND_PATH, STATUS_PATH)]


def _open(live: Live, name: str, release: str) -> OpenLine:
    workspace = live.workspaces[name]
    router = Router(workspace.keywords, workspace.consent)
    try:
        provider, trouble = live.provider(name, release), None
    except ConfigError as error:
        provider, trouble = None, error
    answers = provider is not None and provider.answers_keywords
    return OpenLine(Line(name, workspace, release, provider_answers=answers), router, provider, trouble)
