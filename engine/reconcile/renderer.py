"""Renders today's samples under a config, whichever it is: the one in the files or an applied one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.compose.composer import Composed, Composer, Recipient
from engine.compose.links import spans
from engine.compose.provided import samples_of
from engine.compose.segments import first_non_gsm
from engine.config.models import Sample, Workspace
from engine.config.prices import cost
from engine.errors import ComposeError
from engine.reconcile.effects import Odd, Rendering
from engine.types import Person


class Samples:
    """The samples of today's config, whose people are synthetic. For a template that goes away they are everybody: no
    release keeps samples."""

    def __init__(self, workspaces: Mapping[str, Workspace]) -> None:
        self._workspaces = workspaces

    def names(self, template: str) -> list[str]:
        """Gives the names of a template's samples, by its address."""
        return [sample.name for sample in self._of(template)]

    def recipient(self, template: str, name: str) -> Recipient:
        """Gives who and what a sample is."""
        workspace, _, _ = template.partition("/")
        sample = next(sample for sample in self._of(template) if sample.name == name)
        person = None
        if sample.person is not None:
            attributes = self._workspaces[workspace].people[sample.person]
            person = Person(workspace, sample.person, None, attributes)
        return Recipient(person=person, number=None, data=sample.data, event={}, reply_from=None)

    def _of(self, template: str) -> list[Sample]:
        workspace, _, name = template.partition("/template/")
        found = self._workspaces.get(workspace)
        if found is None:
            return []
        if name not in found.templates:
            return [Sample(name=person, person=person, data={}) for person in found.people]
        return samples_of(found, found.templates[name])


class Renderer:
    """Renders samples under one config; a composer is built for each workspace that is asked for."""

    def __init__(self, samples: Samples, composers: Callable[[str], Composer], now: datetime) -> None:
        self._samples = samples
        self._build = composers
        self._built: dict[str, Composer] = {}
        self._now = now

    def __call__(self, template: str, sample: str) -> Rendering:
        """Gives what a sample makes of the template at an address; what stops the message is part of the answer."""
        workspace, _, name = template.partition("/template/")
        if workspace not in self._built:
            self._built[workspace] = self._build(workspace)
        recipient = self._samples.recipient(template, sample)
        try:
            composed = self._built[workspace].compose(name, recipient, message_id=None, now=self._now)
        except ComposeError as error:
            return Rendering(error=error.reason, message=error.message)
        return Rendering(
            to=composed.to,
            sender=composed.sender.value,
            body=composed.body,
            kind=composed.kind,
            encoding=str(composed.encoding),
            odd=_odd(composed.body),
            characters=composed.characters,
            segments=composed.segments,
            cost=cost(
                self._built[workspace].workspace.settings,
                composed.country,
                segments=composed.segments,
                mms=composed.kind == "mms",
            ),
            links=_links(composed),
            media=composed.media,
        )


def _odd(body: str) -> Odd | None:
    found = first_non_gsm(body)
    return Odd(found[0], found[1] + 1) if found else None


def _links(composed: Composed) -> tuple[tuple[str, str], ...]:
    """Gives where each link of a body leads and how it stands there, those that were left as they are included."""
    leads = {link.short: link.url for link in composed.links}
    found = (composed.body[start:end] for start, end in spans(composed.body))
    return tuple((leads.get(link, link), link) for link in dict.fromkeys(found))
