"""What changes do to the messages that people read: each template's samples, before and after.

A message changes with its template, and also with a snippet that it renders, with its workspace's settings (the
business's name, smart encoding, links) and with its senders. Each difference is told once, at its cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.reconcile.addresses import Objects, kind_of, snippets_of, workspace_of
from engine.reconcile.effects import GONE, Rendering, RenderingEffect

Render = Callable[[str, str], Rendering]
"""(template's address, sample's name) → what today's sample makes of the template."""


def renderings(
    changed: Iterable[str],
    *,
    objects_before: Objects,
    objects: Objects,
    samples: Callable[[str], Sequence[str]],
    render_before: Render,
    render: Render,
) -> Mapping[str, Sequence[RenderingEffect]]:
    """Gives the effects by the address of the change that causes them, of those that are `changed`.

    `samples` names the samples of a template by its address, for both sides.
    """
    causes = _Causes(list(changed), objects_before, objects)
    found: dict[str, list[RenderingEffect]] = {}
    for template in sorted(address for address in objects_before.keys() | objects if kind_of(address) == "template"):
        cause = causes.of(template)
        if cause is None:
            continue
        was_there = template in objects_before
        for sample in samples(template):
            before = render_before(template, sample) if was_there else None
            after = render(template, sample) if template in objects else GONE
            # What could not be composed before is nobody's loss: as good as all of them lack the data of a sample.
            never_was = after == GONE and (before is None or before.error is not None)
            if before != after and not never_was:
                found.setdefault(cause, []).append(RenderingEffect(template, sample, before, after))
    return found


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
