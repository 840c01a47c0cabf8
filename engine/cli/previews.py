"""What `engine preview` shows: which template, for whom, with which data, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.cli.reports import as_json
from engine.errors import ComposeError, UsageError
from engine.names import did_you_mean
from engine.types import E164, Finding, Json, Person, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from engine.caps import Cost
    from engine.cli.context import App
    from engine.compose.composer import Composed, Composer, Recipient
    from engine.config.models import Project, Template, Workspace


@dataclass(frozen=True)
class Asked:
    """What to preview."""

    templates: tuple[str, ...] = ()  # empty: all
    workspace: str | None = None  # None: all
    sample: str | None = None
    person: str | None = None  # an imported person instead of a sample's
    data: Mapping[str, Json] | None = None  # laid over the sample's


@dataclass(frozen=True)
class Preview:
    """One message, or why there is none."""

    workspace: str
    template: str
    sample: str
    to: E164 | None
    composed: Composed | None
    findings: tuple[Finding, ...]
    cost: Cost | None = None  # an estimate; None where it is unknown

    def as_json(self) -> dict[str, Any]:
        """Gives the fields of the contract; what there is no message for is null."""
        made = self.composed
        return {
            "workspace": self.workspace,
            "template": self.template,
            "sample": self.sample,
            "to": self.to.number if self.to else None,
            "sender": made.sender_name if made else None,
            "body": made.body if made else None,
            "kind": made.kind if made else None,
            "encoding": str(made.encoding) if made else None,
            "characters": made.characters if made else None,
            "segments": made.segments if made else None,
            "media": list(made.media) if made else [],
            "links": [{"url": link.url, "short": link.short} for link in made.links] if made else [],
            "cost": {"amount": str(self.cost.amount), "currency": self.cost.currency} if self.cost else None,
            "findings": as_json(self.findings),
        }


def previews(app: App, asked: Asked, *, now: datetime) -> list[Preview]:
    """Gives the previews, in the order of the config. Raises ConfigError, and UsageError for unknown names."""
    from engine.compose.build import composer

    project = app.loaded.require()
    names = _workspaces(project, asked)
    made: list[Preview] = []
    samples: set[str] = set()
    for name in names:
        workspace = project.workspaces[name]
        templates = asked.templates or tuple(workspace.templates)
        chosen = [template for template in templates if template in workspace.templates]
        if not chosen:
            continue
        context = partial(app.plugin_context, read_only=True)
        compose = composer(project, name, plugins=app.plugins(), context=context)
        person = _imported(app, name, asked.person, only=len(names) == 1) if asked.person is not None else None
        if asked.person is not None and person is None:
            continue
        for template in chosen:
            for sample, recipient in _recipients(name, workspace, workspace.templates[template], asked, person):
                samples.add(sample)
                if asked.person is not None or asked.sample in (None, sample):
                    made.append(_preview(compose, name, template, sample, recipient, now))
    if not made and asked.person is not None:
        raise UsageError(f"no workspace has a person {asked.person!r}", hint="people are imported: engine people list")
    if not made and asked.sample is not None:
        raise UsageError(f"no such sample: {asked.sample!r}", hint=did_you_mean(asked.sample, samples))
    return made


def _workspaces(project: Project, asked: Asked) -> Sequence[str]:
    if asked.workspace is not None and asked.workspace not in project.workspaces:
        hint = did_you_mean(asked.workspace, project.workspaces)
        raise UsageError(f"there is no workspace {asked.workspace!r}", hint=hint)
    names = [asked.workspace] if asked.workspace is not None else list(project.workspaces)
    known = {template for name in names for template in project.workspaces[name].templates}
    for template in asked.templates:
        if template not in known:
            raise UsageError(f"there is no template {template!r}", hint=did_you_mean(template, known))
    return names


def _imported(app: App, workspace: str, person_id: str, *, only: bool) -> Person | None:
    found = app.store(read_only=True).person(workspace, person_id)
    if found is None and only:
        hint = f"see who there is: engine people list --workspace {workspace}"
        raise UsageError(f"the workspace {workspace!r} has no person {person_id!r}", hint=hint)
    return found


def _recipients(
    name: str, workspace: Workspace, template: Template, asked: Asked, imported: Person | None
) -> Iterator[tuple[str, Recipient]]:
    from engine.compose.composer import Recipient
    from engine.compose.provided import samples_of

    over = asked.data or {}
    samples = samples_of(workspace, template)
    if imported is not None:
        data = next((sample.data for sample in samples if sample.name == asked.sample), {})
        yield imported.id, Recipient(imported, data={**data, **over})
        return
    for sample in samples:
        attributes = workspace.people.get(sample.person or "")
        person = Person(name, sample.person or "", None, attributes) if attributes is not None else None
        yield sample.name, Recipient(person, data={**sample.data, **over})


def _preview(
    compose: Composer, workspace: str, template: str, sample: str, recipient: Recipient, now: datetime
) -> Preview:
    from engine.config.prices import cost

    to = None
    try:
        address = compose.address(template, recipient)
        to = address.to
        made = compose.compose(template, recipient, message_id=None, now=now, address=address)
    except ComposeError as error:
        address_of = f"{workspace}/template/{template}"
        finding = Finding(error.reason, Severity.ERROR, error.message, error.hint, address=address_of)
        return Preview(workspace, template, sample, to, None, (finding,))
    settings = compose.workspace.settings
    price = cost(settings, made.country, segments=made.segments, mms=made.kind == "mms")
    return Preview(workspace, template, sample, to, made, made.findings, price)
