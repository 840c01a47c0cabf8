"""What a plan's changes do to the messages that people read: each template's samples, before and after.

A message changes with its template, and also with a snippet that it renders, with its workspace's settings (the
business's name, smart encoding, links) and with its senders. Each difference is told once, at its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from engine.reconcile.addresses import kind_of, snippets_of, workspace_of
from engine.types import Json

if TYPE_CHECKING:
    from engine.reconcile.addresses import Objects
    from engine.reconcile.changes import Plan


@dataclass(frozen=True, slots=True)
class Rendering:
    """One sample of a template as its recipient would get it, or the reason why there is no message."""

    to: str | None = None
    sender: str | None = None  # as the provider knows it
    body: str | None = None
    kind: str | None = None  # "sms" or "mms"
    encoding: str | None = None
    characters: int | None = None
    segments: int | None = None
    media: tuple[str, ...] = ()
    error: str | None = None  # the code of what stops it, e.g. "template.missing-value"
    message: str | None = None  # the same in words


@dataclass(frozen=True, slots=True)
class Effect:
    """How one sample of one template changes. `before` is None where the template is new."""

    template: str  # address
    sample: str
    before: Rendering | None
    after: Rendering

    def as_json(self) -> dict[str, Json]:
        """The effect as the plan's JSON has it."""
        return {
            "kind": "rendering",
            "template": self.template,
            "sample": self.sample,
            "before": asdict(self.before) if self.before else None,
            "after": asdict(self.after),
        }


Render = Callable[[str, str], Rendering]
"""(template's address, sample's name) → what today's sample makes of the template."""


def with_effects(
    plan: Plan,
    *,
    objects_before: Objects,
    objects: Objects,
    samples: Callable[[str], Sequence[str]],
    render_before: Render,
    render: Render,
) -> Plan:
    """Gives the plan with each change's effects.

    `samples` names the samples of a template by its address: today's, for both sides.
    """
    causes = _Causes([change.address for change in plan.changes], objects_before, objects)
    found: dict[str, list[Effect]] = {}
    for template in sorted(address for address in objects if kind_of(address) == "template"):
        cause = causes.of(template)
        if cause is None:
            continue
        was_there = template in objects_before
        for sample in samples(template):
            before = render_before(template, sample) if was_there else None
            after = render(template, sample)
            if before != after:
                found.setdefault(cause, []).append(Effect(template, sample, before, after))
    return replace(
        plan,
        changes=tuple(replace(c, effects=tuple(found[c.address])) if c.address in found else c for c in plan.changes),
    )


class _Causes:
    """Which change may change a template's words: the likeliest one."""

    def __init__(self, changed: Sequence[str], objects_before: Objects, objects: Objects) -> None:
        self._changed = frozenset(changed)
        self._both = (objects_before, objects)
        self._of_kind: dict[tuple[str, str], list[str]] = {}
        for address in changed:
            self._of_kind.setdefault((workspace_of(address), kind_of(address)), []).append(address)

    def of(self, template: str) -> str | None:
        """Gives the address of the change, None where nothing that concerns the template changes."""
        workspace = workspace_of(template)
        if template in self._changed:
            return template
        snippets = self._of_kind.get((workspace, "snippet"), [])
        used = {used for objects in self._both for used in snippets_of(template, objects)} if snippets else set()
        likely = [
            *(address for address in snippets if address in used),
            *self._of_kind.get((workspace, "workspace"), []),
            *self._of_kind.get((workspace, "sender"), []),
            *self._of_kind.get(("engine", "engine"), []),  # public_url is where short links begin
        ]
        return likely[0] if likely else None
