"""Rails for many objects at once: how much of a kind one apply may change, and that no kind is ever emptied.

A folder that was not checked out, a wrong `--config` or a broken script look like a config from which nearly everything
was deleted. Argo CD prunes all of it (argoproj/argo-cd#7412); octoDNS counts shares, where there is enough to count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from engine.config.rails import Kinds, Limit, Rails
from engine.reconcile.addresses import Objects, kind_of, workspace_of
from engine.reconcile.changes import Action, Blocked
from engine.reconcile.step import Step

KINDS = tuple(Kinds.model_fields)
LIMITS = tuple(f"{action}-{what}" for action in Action for what in ("share", "count"))
ENOUGH = 10
"""A share of fewer objects than these says nothing: one of three is a third (octoDNS's MIN_EXISTING_RECORDS)."""

_DONE = {Action.CREATE: "created", Action.UPDATE: "updated", Action.DELETE: "deleted"}


def empty(step: Step) -> Iterator[Blocked]:
    """Blocks what would leave a workspace without any template, sender and so on, and what takes a whole workspace.

    Where each of them is protected, each is asked about by its own name already.
    """
    was, now = _counts(step.before), _counts(step.after)
    for (workspace, kind), count in was.items():
        address = f"{workspace}/{kind}"
        if not now[workspace, kind] and not step.goes_away(address) and not _all_protected(step, address):
            every = f"the only {kind} of {workspace}" if count == 1 else f"every {kind} of {workspace}, {count} in all,"
            yield Blocked("empty", address, f"{every} would be deleted")
    for change in step.of(Action.DELETE):
        if kind_of(change.address) == "workspace":
            workspace = workspace_of(change.address)
            objects = sum(workspace_of(address) == workspace for address in step.before)
            yield Blocked(
                "empty", change.address, f"the whole workspace {workspace} would be deleted: {objects} objects"
            )


def limits(step: Step) -> Iterator[Blocked]:
    """Blocks more creates, updates or deletes of a kind than the workspace's `rails` allow in one apply."""
    there, left = _counts(step.before), _counts(step.after)
    changed = Counter((change.action, workspace_of(change.address), kind_of(change.address)) for change in step.changes)
    for (action, workspace, kind), count in changed.items():
        address = f"{workspace}/{kind}"
        if kind not in KINDS or step.is_new(address) or step.goes_away(address):
            continue
        if action is Action.DELETE and not left[workspace, kind]:
            continue  # the kind is emptied, which is asked about already
        live = there[workspace, kind]
        yield from _over(_limit(step, workspace, kind, action.value), action, address, count, live)


def _over(limit: Limit, action: Action, address: str, count: int, live: int) -> Iterator[Blocked]:
    many = f"{count} of {address} would be {_DONE[action]}"
    if limit.percent is not None and live >= ENOUGH and count * 100 > limit.percent * live:
        share = f"{count / live:.0%} of the {live} that are live; the limit is {limit.percent}%"
        yield Blocked(f"{action}-share", address, f"{many}, {share}")
    if limit.count is not None and count > limit.count:
        yield Blocked(f"{action}-count", address, f"{many}; the limit is {limit.count}")


def _limit(step: Step, workspace: str, kind: str, action: Literal["create", "update", "delete"]) -> Limit:
    """Gives the stricter of what is live and what is asked for, share and count each by itself."""
    both = [
        Rails.model_validate(objects.get(f"{workspace}/workspace", {}).get("rails") or {}).limit(kind, action)
        for objects in (step.before, step.after)
    ]
    shares = [limit.percent for limit in both if limit.percent is not None]
    counts = [limit.count for limit in both if limit.count is not None]
    return Limit(min(shares, default=None), min(counts, default=None))


def _all_protected(step: Step, address: str) -> bool:
    return all(data.get("protect") for name, data in step.before.items() if name.startswith(f"{address}/"))


def _counts(objects: Objects) -> Counter[tuple[str, str]]:
    return Counter((workspace_of(address), kind_of(address)) for address in objects if kind_of(address) in KINDS)
