"""Makes a plan so: one immutable release, written in one transaction, under a lock.

Apply never trusts an old plan: it plans again against what is live now, compares that with what was reviewed, and
applies the fresh one. Killed at any moment, it has made the whole release live or none of it. What is to be done at
providers follows, step by step; the next apply goes on where one has stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from engine.errors import AppliedInPart, ConfigError, LockHeld, ProviderUnavailable, RailBlocked
from engine.provider_steps import ProviderStep, StepState
from engine.reconcile import diff
from engine.reconcile.addresses import Objects
from engine.reconcile.changes import Plan
from engine.reconcile.git import Commit
from engine.reconcile.needs import needed
from engine.reconcile.plan import plan
from engine.reconcile.provider_side import ProviderSide, with_provider
from engine.reconcile.provider_steps import Providers, goes_on, steps_of, take
from engine.reconcile.queued import carry_over
from engine.reconcile.stale import Earlier, Reviewed, compare
from engine.store import Store
from engine.types import Clock, Finding, Release, Source

LOCK = "apply"
POINTS = ("apply-locked", "mid-apply", "apply-written", "apply-carried", "apply-unlocked")
"""The crash points: with the lock alone; twice in the middle, with the release built and nothing written, and with it
live and the lock still held; inside of the transaction, with the release in it, and with what waits carried over, too;
and with the lock let go, and nobody told."""

REMEMBERED = 20
"""On how many of the newest releases a plan is looked for whose digest alone is known."""


@dataclass(frozen=True, slots=True)
class Desired:
    """What the config asks for, with all that a plan's digest binds."""

    objects: Objects
    sources: Mapping[str, Source]
    environment: str | None
    versions: Mapping[str, str]  # distribution → version
    restores: str | None = None  # of a rollback: the release that this is the config of


@dataclass(frozen=True, slots=True)
class Applied:
    """What apply did. `release` is live; `made` is False where it was already, and nothing of it was to change."""

    release: Release
    plan: Plan
    made: bool
    steps: tuple[ProviderStep, ...] = ()  # what was to be done at providers, and what became of it

    @property
    def undone(self) -> tuple[ProviderStep, ...]:
        """The steps that did not end well: failed, or not taken since their provider could not be reached."""
        return tuple(step for step in self.steps if step.state is not StepState.DONE)

    def require_whole(self) -> None:
        """Raises AppliedInPart where some of it is done and some is not, ProviderUnavailable where nothing is done."""
        if not self.undone:
            return
        failed = [step for step in self.undone if step.state is StepState.FAILED]
        why = "; ".join(f"{step.address}: {step.message}" for step in failed)
        done, left = len(self.steps) - len(self.undone), len(self.undone)
        if self.made or done:
            live = f"release {self.release.id} is live; " if self.made else ""
            message = f"{live}at the providers {done} of {done + left} steps are done, {left} not: {why}"
            raise AppliedInPart(message, hint="apply again: it does what is left")
        raise ProviderUnavailable(f"nothing could be set at the providers: {why}", hint="apply again")


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
    providers: Providers | None = None,
    reviewed: Reviewed,
    allow: Collection[str],
    unset: Sequence[Finding],
    commit: Commit | None,
    by: str,
    wait: timedelta,
    clock: Clock,
    faults: Callable[[str], None],
    run: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Applied:
    """Applies the config and returns what is live then; `providers` None: nothing is asked or done there.

    `allow` holds `RAIL:ADDRESS` acknowledgements; `unset` the findings for variables that the config needs and the
    environment lacks; `by` who applies, as user@host, and `run` the address of the run of a CI that it
    happens in; `wait` is how long to wait for another apply to end. `tell` is given words for whoever looks on: who
    is waited for, and who died in the midst of it.
    Raises ConfigError for unset variables, LockHeld, PlanStale where what was reviewed is not what would be applied,
    RailBlocked, and what `providers.look` raises. Steps that did not end well are told, not raised.
    """
    require_variables(unset)
    with ExitStack() as held:
        _lock(store, held, by=by, run=run, wait=wait, tell=tell)
        faults("apply-locked")
        live = store.live_release()
        side = providers.look(store.webhooks_set()) if providers is not None else ProviderSide()
        fresh = with_provider(plan_for(live, desired, needed=needed(store)), side)
        last, earlier = store.last_steps(), partial(earlier_plans, store, desired, side)
        to_do = check(fresh, live, reviewed, allow=allow, unset=unset, last=last, earlier=earlier)
        if side.agreed:
            store.remember_webhooks(side.agreed, at=clock())
        if providers is not None and not side.changes and any(step.state is not StepState.DONE for step in last):
            store.begin_steps([])  # what was left undone is done, by whomever, or not wanted any more
        if not to_do and live is not None:
            return Applied(live, fresh, made=False)
        if live is None or fresh.of_config:
            release = _release(fresh, desired, commit=commit, by=by, clock=clock, allow=allow)
        else:
            release = live
        # What goes on keeps its digest, so that whoever agreed to that one can go on again.
        digest = next(iter(reviewed.digests), fresh.digest) if goes_on(fresh, reviewed.digests, last) else fresh.digest
        steps = steps_of(side, digest=digest, by=by, clock=clock)
        faults("mid-apply")
        with store.together():
            if release is not live:
                store.put_release(release)
                faults("apply-written")
                changed = [change.address for change in fresh.of_config]
                was = live.objects if live else {}
                carry_over(store, changed, was, desired.objects, release=release.id, at=release.applied_at)
            if steps:
                store.begin_steps(steps)
            faults("apply-carried")
        faults("mid-apply")
        ended = take(store, providers, side, clock=clock, faults=faults) if steps and providers is not None else ()
    faults("apply-unlocked")
    return Applied(release, fresh, made=release is not live, steps=tuple(ended))


def earlier_plans(store: Store, desired: Desired, side: ProviderSide | None = None) -> Iterator[Plan]:
    """Gives what the plan would have been on each of the newest releases but the live one, the newest first, and last
    what it would have been before the first; `side` is what is to be done at providers now."""
    releases = store.releases(limit=REMEMBERED)
    bases = [store.release(about.id) for about in releases[1:]]
    for base in [*bases, None] if releases and releases[-1].base is None else bases:
        yield with_provider(plan_for(base, desired), side or ProviderSide())


def check(
    fresh: Plan,
    live: Release | None,
    reviewed: Reviewed,
    *,
    allow: Collection[str],
    unset: Sequence[Finding],
    last: Sequence[ProviderStep] = (),
    earlier: Earlier = tuple,
) -> bool:
    """Raises what `apply` would; gives True where there is something to apply, False where it is live already. `last`
    are the steps at providers that were begun last, `earlier` gives the plans on earlier releases."""
    require_variables(unset)
    is_live = live is not None and not fresh.changes
    if live is not None and goes_on(fresh, reviewed.digests - {live.digest}, last):
        return not is_live
    compare(reviewed, fresh, earlier)
    _refuse(fresh, allow)
    return not is_live


def require_variables(unset: Sequence[Finding]) -> None:
    """Raises ConfigError with the findings for variables that the config needs and that are not set, if any."""
    if unset:
        raise ConfigError("variables that the config needs are not set", unset)


def _lock(
    store: Store, held: ExitStack, *, by: str, run: str | None, wait: timedelta, tell: Callable[[str], None]
) -> None:
    try:
        died = held.enter_context(store.lock(LOCK, holder=by, wait=timedelta(0), run=run))
    except LockHeld as error:
        if not wait:
            raise
        tell(f"waiting for another apply to end: {error.message}")
        died = held.enter_context(store.lock(LOCK, holder=by, wait=wait, run=run))
    if died is not None:
        tell(f"an earlier apply died: {died}; what it had begun is planned anew")


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
        summary=replace(fresh, changes=fresh.of_config).summary,
        allowed=tuple(sorted(b.allow for b in fresh.blocked if b.allow in allow)),
        restores=desired.restores,
    )
