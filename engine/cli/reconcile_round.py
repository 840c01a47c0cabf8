"""One round of `engine reconcile`: pull, plan, apply, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from engine.cli import exit_codes
from engine.cli.context import App, utc_now
from engine.cli.output import print_json, print_ndjson, show_error
from engine.cli.releases import counted, shortened
from engine.errors import ConfigError, EngineError
from engine.rounds import Round, RoundResult

if TYPE_CHECKING:
    from engine.reconcile.apply import Desired
    from engine.reconcile.changes import Plan
    from engine.store import Store
    from engine.types import Release

LASTING = (RoundResult.FAILED, RoundResult.DRIFTED)


@dataclass(frozen=True)
class Asked:
    """How rounds are to be made: the command's options."""

    pull: bool
    heal: bool
    no_refresh: bool
    allow: tuple[str, ...]
    lock_timeout: float
    every: timedelta | None


@dataclass(frozen=True)
class Done:
    """A round, and what only whoever reads the output wants to know of it."""

    round: Round
    pulled_from: str | None = None  # the commit that the checkout was at, where it was moved
    plan: Plan | None = None  # what was applied, or has drifted
    error: EngineError | None = None

    def as_json(self) -> dict[str, Any]:
        """Gives the round as data."""
        made, error = self.round, self.error
        return {
            "at": made.at.isoformat(),
            "result": str(made.result),
            "commit": made.commit,
            "pulled_from": self.pulled_from,
            "release": made.release,
            "digest": self.plan.digest if self.plan else None,
            "summary": self.plan.summary if self.plan else None,
            "message": made.message or None,
            "since": made.since.isoformat() if made.since else None,
            "error": _error(error) if error else None,
        }


def one_round(app: App, asked: Asked) -> Done:
    """Makes a round and remembers it in the state. What is wrong outside of the engine is told, never raised."""
    from engine.cli.who import operator

    # An App keeps what it has read of the config, and each round is to read it anew.
    app = App(app.config, app.environment, app.variables)
    # The state is opened for one round, closed with it, and opened only by who gets that far.
    with click.Context(click.Command("round")).scope():
        open_store = cache(app.store)
        begun = Done(Round(utc_now(), operator(app.variables), asked.every, RoundResult.FAILED))
        done = _try(app, open_store, asked, begun)
        try:
            return _remember(open_store(), done)
        except EngineError as error:
            return done if done.error else _failed(done, error)


def show(done: Done, last: Done | None, format_: str) -> None:
    """Prints a round; in words, an error that was in the last one, too, is told of in a line."""
    if format_ == "json":
        print_json(done.as_json())
        return
    if format_ == "ndjson":
        print_ndjson([{"version": 1, **done.as_json()}])
        return
    made, again = done.round, last is not None and last.round.message == done.round.message
    line = f"{made.at:%Y-%m-%d %H:%M:%S} UTC {made.result}: {_words(done, again=again)}"
    click.echo(f"{line}, commit {shortened(made.commit)}" if made.commit else line)
    if done.plan is not None and made.result is RoundResult.APPLIED:
        from engine.reconcile.lines import printable
        from engine.reconcile.text import SYMBOLS

        for change in done.plan.changes:
            click.echo(printable(f"  {dict(SYMBOLS)[change.action]} {change.address}"))
    if done.error is not None and not again:
        show_error(done.error)


def _words(done: Done, *, again: bool) -> str:
    made = done.round
    if made.result is RoundResult.APPLIED and done.plan is not None:
        return f"release {made.release} is live, {counted(done.plan.summary)}"
    live = f"release {made.release} stays live" if made.release else "nothing was changed"
    # What is wrong is told in full on stderr, the first time.
    return f"{made.message}; {live}" if made.message and (again or done.error is None) else live


def _try(app: App, open_store: Callable[[], Store], asked: Asked, done: Done) -> Done:
    from engine.reconcile.follow import pull
    from engine.reconcile.git import commit_of

    try:
        if asked.pull:
            pulled = pull(app.config, app.variables)
            done = replace(done, pulled_from=pulled.before if pulled.after != pulled.before else None)
        commit = commit_of(app.config, app.variables)
        done = replace(done, round=replace(done.round, commit=commit.name if commit else None))
        return _reconcile(app, open_store, asked, done)
    except EngineError as error:
        return _failed(done, error)


def _reconcile(app: App, open_store: Callable[[], Store], asked: Asked, done: Done) -> Done:
    from engine.cli.apply import make_live
    from engine.cli.planning import wanted
    from engine.reconcile.apply import plan_for

    desired = wanted(app).desired
    config, store = _hash(desired), open_store()
    last, live = store.last_round(), store.live_release()
    if live is not None and last is not None and last.config == config and not asked.heal:
        drift = plan_for(live, desired)
        if drift.changes:
            made = replace(done.round, result=RoundResult.DRIFTED, message=_drifted(live), config=config)
            return replace(done, round=made, plan=drift)
    applied = make_live(
        app,
        open_store,
        yes=True,
        no_refresh=asked.no_refresh,
        allow=asked.allow,
        lock_timeout=asked.lock_timeout,
        heal=asked.heal,
    )
    assert applied is not None  # noqa: S101 # None is a person's no, and nobody was asked
    applied.require_whole()
    result, message = RoundResult.UNCHANGED, ""
    if applied.made or applied.steps:
        result = RoundResult.APPLIED
    elif applied.plan.drift and not asked.heal:
        result, message = RoundResult.DRIFTED, _drifted_there(applied.plan)
    made = replace(done.round, result=result, message=message, config=config)
    return replace(done, round=made, plan=applied.plan)


def _drifted(live: Release) -> str:
    when = live.applied_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{live.applied_by} made something else live, {when}; --heal, or a change of the config, takes it back"


def _drifted_there(plan: Plan) -> str:
    where = ", ".join(change.address for change in plan.drift)
    return f"somebody has changed {where}; --heal, or apply, sets it back, and senders pull takes it over"


def _hash(desired: Desired) -> str:
    """Gives what tells one config from another."""
    from engine.reconcile.diff import release_id

    return release_id(base=None, environment=desired.environment, objects=desired.objects)


def _failed(done: Done, error: EngineError) -> Done:
    return replace(done, round=replace(done.round, result=RoundResult.FAILED, message=error.message), error=error)


def _remember(store: Store, done: Done) -> Done:
    """Puts a round into the state and gives it with what only the state knows."""
    last, made = store.last_round(), replace(done.round, release=store.live_release_id())
    if made.result in LASTING:
        lasts = last is not None and last.result is made.result
        made = replace(made, since=last.since if lasts and last else made.at)
    if made.config is None and last is not None:
        made = replace(made, config=last.config)
    store.record_round(made)
    return replace(done, round=made)


def _error(error: EngineError) -> dict[str, Any]:
    from engine.cli.reports import as_json

    findings = as_json(error.findings) if isinstance(error, ConfigError) else []
    return {
        "exit_code": exit_codes.of(error),
        "message": error.message,
        "hint": error.hint or None,
        "findings": findings,
    }
