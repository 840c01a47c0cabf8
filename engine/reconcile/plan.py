"""What apply would change: pure, sorted data. Two snapshots in, a plan out; nothing is read and nothing is written.

The digest binds everything that a reviewer saw or relied on: the environment, the base release, each address with what
it was and what it becomes, and the versions of the engine and its plugins. The same edit in two environments, or on top
of another release, has another digest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.reconcile import diff
from engine.reconcile.addresses import Objects
from engine.reconcile.changes import Action, Change, Plan
from engine.reconcile.rails import rails
from engine.types import Finding, Json, Source


def plan(
    before: Objects | None,
    after: Objects,
    *,
    base: str | None,
    environment: str | None,
    versions: Mapping[str, str],
    sources: Mapping[str, Source],
    sources_before: Mapping[str, Source] | None = None,
    needed: Mapping[str, int] | None = None,
    warnings: Sequence[Finding] = (),
) -> Plan:
    """Gives what makes `before` (None: nothing was ever applied) into `after`.

    `sources` say where the config's values stand; `sources_before` where those of the base stood, for what is deleted.
    `needed` counts by address the queued messages that cannot do without an object.
    """
    was = before or {}
    stood = {} if sources_before is None else sources_before
    changes = []
    for address in sorted(was.keys() | after.keys()):
        change = _change(address, was.get(address), after.get(address), sources, stood)
        if change is not None:
            changes.append(change)
    return Plan(
        digest=digest(base=base, environment=environment, versions=versions, changes=changes),
        base=base,
        environment=environment,
        versions=dict(versions),
        changes=tuple(changes),
        blocked=rails(before, after, changes, needed or {}),
        warnings=tuple(warnings),
    )


def digest(*, base: str | None, environment: str | None, versions: Mapping[str, str], changes: Sequence[Change]) -> str:
    """Gives the plan's digest, 64 hexadecimal digits. Effects and positions are no part of it: they change nothing."""
    return digest_of(base, environment, versions, [(c.address, str(c.action), c.before, c.after) for c in changes])


def digest_of(
    base: str | None,
    environment: str | None,
    versions: Mapping[str, str],
    changes: Sequence[tuple[str, str, Json, Json]],
) -> str:
    """Gives the digest of a plan's plain parts: changes as (address, action, before, after)."""
    rows = sorted(({"address": a, "action": do, "before": b, "after": n} for a, do, b, n in changes), key=_address)
    return diff.sha256({"base": base, "environment": environment, "versions": dict(versions), "changes": rows})


def _address(row: Mapping[str, Json]) -> str:
    return str(row["address"])


def _change(
    address: str,
    before: Mapping[str, Json] | None,
    after: Mapping[str, Json] | None,
    sources: Mapping[str, Source],
    sources_before: Mapping[str, Source],
) -> Change | None:
    if after is None:
        return Change(address, Action.DELETE, (), before, None, sources_before.get(address))
    if before is None:
        return Change(address, Action.CREATE, (), None, after, sources.get(address))
    names = tuple(field.name for field in diff.fields(before, after))
    if not names:
        return None
    places = (sources.get(f"{address}#{name}") for name in names)
    source = next((place for place in places if place is not None), sources.get(address))
    return Change(address, Action.UPDATE, names, before, after, source)
