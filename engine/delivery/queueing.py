"""Queues messages under the applied release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.config.models import Project, Template, Workspace
from engine.config.snapshot import restore
from engine.errors import UsageError
from engine.names import did_you_mean
from engine.outbox import Queued, Send
from engine.store import Store
from engine.types import Json, Release

AHEAD = timedelta(hours=14)
"""How far ahead of UTC a clock is at most."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The live release with its config."""

    release: Release
    project: Project

    @classmethod
    def of(cls, store: Store) -> Applied:
        """Gives what is live. Raises UsageError before the first apply."""
        release = store.live_release()
        if release is None:
            raise UsageError("nothing has been applied yet", hint="run `engine apply` first")
        return cls(release, restore(release.objects))

    def workspace(self, name: str) -> Workspace:
        """Gives an applied workspace. Raises UsageError, with what there is."""
        if name not in self.project.workspaces:
            raise UsageError(
                f"release {self.release.id} has no workspace {name!r}", hint=did_you_mean(name, self.project.workspaces)
            )
        return self.project.workspaces[name]

    def template(self, workspace: str, name: str) -> Template:
        """Gives an applied template. Raises UsageError, with what there is."""
        templates = self.workspace(workspace).templates
        if name not in templates:
            raise UsageError(
                f"workspace {workspace!r} has no template {name!r} in release {self.release.id}",
                hint=did_you_mean(name, templates),
            )
        return templates[name]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who a send goes to: exactly one of the three."""

    number: str | None = None  # E.164
    person: str | None = None
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """When a send is due: at a moment, at a local time (ISO 8601 without a zone) where each recipient is, or now."""

    due_at: datetime | None = None
    local_at: str | None = None

    def earliest(self, now: datetime) -> datetime:
        """Gives the first moment at which any of the messages could be due."""
        if self.local_at is not None and "T" in self.local_at:
            # Nobody's clock is further ahead than 14 hours.
            return max(now, datetime.fromisoformat(self.local_at).replace(tzinfo=UTC) - AHEAD)
        return self.due_at or now


NOW = When()


def queue(
    store: Store,
    applied: Applied,
    workspace: str,
    template: str,
    recipients: Recipients,
    *,
    data: Mapping[str, Json],
    key: str | None,
    now: datetime,
    when: When = NOW,
) -> Queued:
    """Queues a template's message for each recipient, all or none; returns what was queued and what a key already had.

    Raises UsageError for an unknown workspace, template or person, and for a key used with other words or data.
    """
    wanted = applied.template(workspace, template)
    if recipients.person is not None and store.person(workspace, recipients.person) is None:
        raise UsageError(
            f"workspace {workspace!r} has no person {recipients.person!r}",
            hint=f"list them with `engine people list --workspace {workspace}`",
        )
    send = Send(
        workspace=workspace,
        template=template,
        release=applied.release.id,
        purpose=wanted.purpose,
        lane=f"{workspace}/sender/{wanted.sender[0]}",
        data=data,
        event={},
        due_at=when.earliest(now),
        created_at=now,
        key=key,
        local_at=when.local_at,
    )
    return store.queue(
        send,
        persons=[recipients.person] if recipients.person is not None else [],
        numbers=[recipients.number] if recipients.number is not None else [],
        everyone=recipients.everyone,
    )
