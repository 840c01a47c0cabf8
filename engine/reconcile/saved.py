"""A plan in a file: written by `plan --out`, read by `apply FILE`, compared by meaning with today's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import UsageError
from engine.reconcile.changes import Plan
from engine.reconcile.diff import same
from engine.reconcile.plan import digest_of
from engine.types import Json

VERSION = 1
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Saved:
    """What a plan file holds of what a reviewer agreed to."""

    digest: str
    base: str | None
    changes: Mapping[str, tuple[str, Json, Json]]  # address → action, before, after
    environment: str | None = None
    versions: Mapping[str, str] | None = None  # None in a file made of `plan --format json`


def to_text(plan: Plan) -> str:
    """Gives a plan file's text: the plan's JSON, with the environment and versions that its digest binds."""
    document = {
        "version": VERSION,
        "environment": plan.environment,
        "versions": dict(plan.versions),
        **plan.as_json(),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def from_text(text: str) -> Saved:
    """Reads a plan file. Raises UsageError for what is none, or was edited after it was written."""
    try:
        document = json.loads(text)
        saved = _saved(document)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError("this is not a plan file", hint="write one with: engine plan --out FILE") from error
    if document.get("version") != VERSION:
        raise UsageError(f"this plan file is of version {document.get('version')!r}, not {VERSION}")
    if saved.versions is not None:
        rows = [(address, *change) for address, change in saved.changes.items()]
        if digest_of(saved.base, saved.environment, saved.versions, rows) != saved.digest:
            raise UsageError(
                "the plan file was edited: its digest is not that of its changes",
                hint="plan again with: engine plan --out FILE",
            )
    return saved


def of(plan: Plan) -> Saved:
    """Gives a plan as its file would hold it."""
    return Saved(
        digest=plan.digest,
        base=plan.base,
        changes={c.address: (str(c.action), c.before, c.after) for c in plan.changes},
        environment=plan.environment,
        versions=plan.versions,
    )


def same_meaning(saved: Saved, plan: Plan) -> bool:
    """True where the plan does what the saved one says, to what it says, with what it was made with."""
    return saved.digest == plan.digest and not list(_differences(saved, plan))


def differences(saved: Saved, plan: Plan) -> list[str]:
    """Says, in a line each, why the plan is not the saved one. Never empty for different digests."""
    found = list(_differences(saved, plan))
    if len(found) > _MOST_NAMED:
        found = [*found[:_MOST_NAMED], f"and {len(found) - _MOST_NAMED} more"]
    return found or ["the digests differ"]


def _differences(saved: Saved, plan: Plan) -> Iterator[str]:
    if saved.base != plan.base:
        yield f"it starts from release {saved.base or 'none'}, and {plan.base or 'none'} is live"
    if saved.versions is not None:
        if saved.environment != plan.environment:
            yield f"it is for the environment {saved.environment or 'none'}, not {plan.environment or 'none'}"
        for name in sorted(saved.versions.keys() | plan.versions.keys()):
            was, now = saved.versions.get(name), plan.versions.get(name)
            if was != now:
                yield f"it was made with {name} {was or 'absent'}, and this is {now or 'absent'}"
    fresh = {change.address: change for change in plan.changes}
    for address in sorted(saved.changes.keys() | fresh.keys()):
        if address not in fresh:
            yield f"{address}: it would {saved.changes[address][0]}, and nothing is to be changed any more"
        elif address not in saved.changes:
            yield f"{address}: would now {fresh[address].action}, which it does not have"
        else:
            action, before, after = saved.changes[address]
            change = fresh[address]
            if action != change.action or not same(before, change.before) or not same(after, change.after):
                yield f"{address}: would {change.action} otherwise than reviewed"


def _saved(document: Any) -> Saved:
    changes = {str(c["address"]): (str(c["action"]), c["before"], c["after"]) for c in document["changes"]}
    versions = document.get("versions")
    return Saved(
        digest=str(document["digest"]),
        base=document["base"],
        changes=changes,
        environment=document.get("environment"),
        versions=dict(versions) if versions is not None else None,
    )
