"""Makes a plan so: one immutable release, written in one transaction, under a lock.

Apply never trusts an old plan: it plans again against what is live now, compares that with what was reviewed, and
applies the fresh one. Killed at any moment, it has made the whole release live or none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.errors import ConfigError, PlanStale, RailBlocked
from engine.reconcile import diff, saved
from engine.reconcile.addresses import Objects
from engine.reconcile.changes import Plan
from engine.reconcile.git import Commit
from engine.reconcile.needs import needed
from engine.reconcile.plan import plan
from engine.reconcile.queued import carry_over
from engine.store import Store
from engine.types import Clock, Finding, Release, Source

LOCK = "apply"
CRASH_POINT = "mid-apply"
"""Visited twice: with the release built and nothing written, and with it live and the lock still held."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What the config asks for, with all that a plan's digest binds."""

    objects: Objects
    sources: Mapping[str, Source]
    environment: str | None
    versions: Mapping[str, str]  # distribution → version


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What was agreed to before: a plan file, a digest, both or neither."""

    plan: saved.Saved | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What apply did. `release` is live; `made` is False where it was already, and nothing was to change."""

    release: Release
    plan: Plan
    made: bool


def plan_for(
    live: Release | None,
    desired: Desired,
    *,
    needed: Mapping[str, int] | None = None,
    warnings: Sequence[Finding] = (),
) -> Plan:
    """Gives the plan that makes the live release (None: there is none) what the config asks for. `needed` is what
    queued messages need; see `engine.reconcile.needs`."""
    return plan(
        live.objects if live else None,
        desired.objects,
        base=live.id if live else None,
        environment=desired.environment,
        versions=desired.versions,
        sources=desired.sources,
        sources_before=live.sources if live else None,
        needed=needed,
        warnings=warnings,
    )


def apply(
    store: Store,
    desired: Desired,
    *,
    reviewed: Reviewed,
    allow: Collection[str],
    unset: Sequence[Finding],
    commit: Commit | None,
    by: str,
    wait: timedelta,
    clock: Clock,
    faults: Callable[[str], None],
) -> Applied:
    """Applies the config and returns what is live then.

    `allow` holds `RAIL:ADDRESS` acknowledgements; `unset` the findings for variables that the config needs and the
    environment lacks; `by` who applies, as user@host; `wait` is how long to wait for another apply to end.
    Raises ConfigError for unset variables, LockHeld, PlanStale where what was reviewed is not what would be applied,
    and RailBlocked.
    """
    require_variables(unset)
    with store.lock(LOCK, holder=by, wait=wait):
        live = store.live_release()
        fresh = plan_for(live, desired, needed=needed(store))
        if not check(fresh, live, reviewed, allow=allow, unset=unset) and live is not None:
            return Applied(live, fresh, made=False)
        release = _release(fresh, desired, commit=commit, by=by, clock=clock, allow=allow)
        faults(CRASH_POINT)
        with store.together():
            store.put_release(release)
            changed = [change.address for change in fresh.changes]
            was = live.objects if live else {}
            carry_over(store, changed, was, desired.objects, release=release.id, at=release.applied_at)
        faults(CRASH_POINT)
    return Applied(release, fresh, made=True)


def check(
    fresh: Plan, live: Release | None, reviewed: Reviewed, *, allow: Collection[str], unset: Sequence[Finding]
) -> bool:
    """Raises what `apply` would; gives True where there is something to apply, False where it is live already."""
    require_variables(unset)
    is_live = live is not None and not fresh.changes
    if live is not None and is_live and _is_done(reviewed, live):
        return False
    _compare(reviewed, fresh)
    _refuse(fresh, allow)
    return not is_live


def require_variables(unset: Sequence[Finding]) -> None:
    """Raises ConfigError with the findings for variables that the config needs and that are not set, if any."""
    if unset:
        raise ConfigError("variables that the config needs are not set", unset)


def _is_done(reviewed: Reviewed, live: Release) -> bool:
    """True where what was reviewed is what made the live release: applying it again is no mistake."""
    digests = {reviewed.digest, reviewed.plan.digest if reviewed.plan else None} - {None}
    return digests <= {live.digest}


def _compare(reviewed: Reviewed, fresh: Plan) -> None:
    hint = "review it again: engine plan"
    if reviewed.plan is not None and reviewed.plan.digest != fresh.digest:
        why = "; ".join(saved.differences(reviewed.plan, fresh))
        raise PlanStale(f"the saved plan is not what would be applied: {why}", hint=hint)
    if reviewed.digest is not None and reviewed.digest != fresh.digest:
        raise PlanStale(
            f"the plan to apply has the digest {fresh.digest}, not {reviewed.digest}: the config, the live release, "
            "the environment or a version is another one",
            hint=hint,
        )


def _refuse(fresh: Plan, allow: Collection[str]) -> None:
    blocked = [b for b in fresh.blocked if b.allow not in allow]
    if blocked:
        raise RailBlocked(
            "refused by a safety rail: " + "; ".join(b.message for b in blocked),
            hint="if it is meant, add " + " ".join(f"--allow {b.allow}" for b in blocked),
        )


def _release(
    fresh: Plan, desired: Desired, *, commit: Commit | None, by: str, clock: Clock, allow: Collection[str]
) -> Release:
    return Release(
        id=diff.release_id(base=fresh.base, environment=desired.environment, objects=desired.objects),
        base=fresh.base,
        digest=fresh.digest,
        objects=desired.objects,
        sources=desired.sources,
        applied_at=clock(),
        applied_by=by,
        commit=commit.name if commit else None,
        author=commit.author if commit else None,
        environment=desired.environment,
        versions=desired.versions,
        summary=fresh.summary,
        allowed=tuple(sorted(b.allow for b in fresh.blocked if b.allow in allow)),
    )
