"""What a change of a template does to its messages that wait: `sending.on_change`.

A template changes with its own file and with each snippet that it renders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from engine.reconcile import diff
from engine.reconcile.addresses import Objects, kind_of, name_of, snippets_of, workspace_of
from engine.reconcile.effects import QueuedEffect
from engine.store import Store
from engine.types import Purpose
from engine.waiting import Queue

_WORDLESS = {"description", "protect"}
"""Fields of a template that no message shows."""


class OnChange(StrEnum):
    PIN = "pin"  # they go out as they were queued
    MIGRATE = "migrate"  # they go out as the release has them
    CANCEL = "cancel"


def fates(changed: Iterable[str], before: Objects, after: Objects) -> Iterator[tuple[str, str, OnChange]]:
    """Gives each template whose words change: its address, the change that it is told at, and what becomes of its
    messages that wait.

    `changed` are the addresses of the plan's changes. The workspace's new word holds. Messages of a template that goes
    away cannot migrate, and nothing is asked of a workspace that goes away: those are pinned.
    """
    addresses = {address for address in changed if kind_of(address) != "template" or _differs(address, before, after)}
    snippets = {address for address in addresses if kind_of(address) == "snippet"}
    for template in sorted(address for address in before if kind_of(address) == "template"):
        cause = _cause(template, addresses, snippets, before, after)
        if cause is None:
            continue
        asked = on_change(workspace_of(template), after)
        gone = template not in after
        yield template, cause, OnChange.PIN if gone and asked is OnChange.MIGRATE else asked


def queued(
    changed: Iterable[str], before: Objects, after: Objects, waiting: Mapping[Queue, int]
) -> Mapping[str, Sequence[QueuedEffect]]:
    """Gives the effects by the address of the change that causes them. `waiting` counts the messages that wait."""
    found: dict[str, list[QueuedEffect]] = {}
    for template, cause, fate in fates(changed, before, after) if waiting else ():
        if messages := waiting.get(queue_of(template), 0):
            found.setdefault(cause, []).append(QueuedEffect(template, messages, fate.value))
    return found


def carry_over(
    store: Store, changed: Iterable[str], before: Objects, after: Objects, *, release: str, at: datetime
) -> None:
    """Does it, once the release is live and in the same transaction."""
    moving: dict[Queue, Purpose] = {}
    ending: list[Queue] = []
    for template, _, fate in fates(changed, before, after):
        if fate is OnChange.MIGRATE:
            moving[queue_of(template)] = Purpose(after[template]["purpose"])
        elif fate is OnChange.CANCEL:
            ending.append(queue_of(template))
    if moving:
        store.migrate(moving, release=release, at=at)
    if ending:
        store.cancel_waiting(ending, release=release, at=at)


def on_change(workspace: str, objects: Objects) -> OnChange:
    """Gives a workspace's `sending.on_change`; pin where there is no such workspace."""
    settings: Mapping[str, str] = objects.get(f"{workspace}/workspace", {}).get("sending") or {}
    return OnChange(settings.get("on_change", OnChange.PIN))


def queue_of(template: str) -> Queue:
    """Gives which messages are a template's, by its address."""
    return Queue(workspace_of(template), name_of(template))


def _differs(template: str, before: Objects, after: Objects) -> bool:
    if template not in before or template not in after:
        return True
    return any(change.path[0] not in _WORDLESS for change in diff.fields(before[template], after[template]))


def _cause(template: str, changed: set[str], snippets: set[str], before: Objects, after: Objects) -> str | None:
    if template in changed:
        return template
    if not snippets:
        return None
    used = (snippets_of(template, before) | snippets_of(template, after)) & snippets
    return min(used, default=None)
