"""engine status: the release, the queue, the senders and the workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from engine.cli import exit_codes, rounds
from engine.cli.context import App, pass_app, utc_now
from engine.cli.drift import drift, plan_now, print_drift, undone
from engine.cli.health import Facts, Health, health, line
from engine.cli.output import format_option, print_json, print_table, show_error
from engine.errors import ConfigError
from engine.types import MessageState
from engine.webhooks import CallState

if TYPE_CHECKING:
    from engine.caps import Spent
    from engine.reconcile.changes import Plan
    from engine.stops import Breaker, CodeCount, Pause
    from engine.store import Store
    from engine.types import Release

Counts = Mapping[str, Mapping[MessageState, int]]
WAITING = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.RETRY_WAIT)
A_DAY = timedelta(hours=24)


@click.command()
@click.option("--exit-code", is_flag=True, help="End with 2 where the config is not what is live.")
@click.option("--health", "by_health", is_flag=True, help="End with 9 where what is live does not do its work.")
@click.option("--no-refresh", is_flag=True, help="Do not ask the providers whether anything was changed there.")
@format_option()
@pass_app
def command(app: App, exit_code: bool, by_health: bool, no_refresh: bool, format_: str) -> int:
    """Show the release and whether the config is ahead of it, what was changed at providers, the queue, the senders and
    the workers, what is paused or rests, which errors the providers gave, what was spent in a day, by estimate, and
    which calls of webhooks wait or have failed.

    Two things are told apart: whether what is live is what the config says (sync), and whether it does its work
    (health). Each can be asked for an exit code; 9 comes before 2.

    \b
    Example:
      engine status
      engine status --exit-code || engine plan
      engine status --health
    """
    store = app.store(read_only=True)
    live, now = store.live_release(), utc_now()
    plan: Plan | None = None
    broken: ConfigError | None = None
    try:
        plan = plan_now(app, store, live, refresh=not no_refresh)
    except ConfigError as error:
        broken = error
    pending = plan.summary if plan else None
    drifted, left = drift(plan), undone(store)
    counts = store.count_lanes()
    queue, senders, workers = _queue(counts, live), _senders(counts, live), _workers(store, now)
    pauses, breakers, codes = store.pauses(), store.breakers(), store.code_counts()
    spent = [_spent(one) for one in store.spent(since=now - A_DAY)]
    reviews = store.count_reviews()
    webhooks = _webhooks(store)
    last = store.last_round()
    reconcile = rounds.as_json(last, now) if last else None
    fares = health(
        Facts(
            is_live=live is not None,
            due=store.due_lanes(now),
            queue=queue,
            workers=workers,
            pauses=[_pause(pause) for pause in pauses],
            breakers=[_breaker(breaker, now) for breaker in breakers],
            undone=left,
            reconcile=reconcile,
            webhooks=webhooks,
        )
    )
    sync = "unknown" if pending is None else "out-of-sync" if any(pending.values()) else "synced"
    if format_ == "json":
        print_json(
            {
                "sync": sync,
                "health": fares,
                "release": _release(live),
                "config": "invalid" if pending is None else "changed" if any(pending.values()) else "applied",
                "changes": pending,
                "drift": drifted,
                "undone": left,
                "reconcile": reconcile,
                "queue": queue,
                "senders": senders,
                "pauses": [_pause(pause) for pause in pauses],
                "breakers": [_breaker(breaker, now) for breaker in breakers],
                "codes": [_code(count) for count in codes],
                "spent": spent,
                "reviews": reviews,
                "webhooks": webhooks,
                "workers": workers,
            }
        )
    else:
        click.echo(f"sync:    {sync}")
        click.echo(f"health:  {line(fares)}")
        _print(live, pending, reconcile, queue, senders, workers)
        print_drift(plan, drifted, left)
        _print_stops([_pause(p) for p in pauses], [_breaker(b, now) for b in breakers], [_code(c) for c in codes])
        _print_spent(spent)
        _print_reviews(reviews)
        _print_webhooks(webhooks)
    if by_health and fares["state"] in (Health.DEGRADED, Health.MISSING):
        return exit_codes.OUTSIDE
    if broken is not None and exit_code:
        show_error(broken)
        return exit_codes.CONFIG
    return exit_codes.CHANGES if exit_code and pending and any(pending.values()) else exit_codes.FINE


def _release(live: Release | None) -> dict[str, Any] | None:
    from engine.cli.releases import as_json

    return as_json(live, live.id) if live else None


def _queue(counts: Counts, live: Release | None) -> dict[str, dict[str, int]]:
    """Gives the number of messages by workspace and state: workspaces of the release, and those that have messages."""
    names = {address.partition("/")[0] for address in live.objects if "/" in address} if live else set()
    queue: dict[str, dict[str, int]] = {
        name: {} for name in sorted(names | {lane.partition("/")[0] for lane in counts})
    }
    for lane, states in counts.items():
        found = queue[lane.partition("/")[0]]
        for state, count in states.items():
            found[str(state)] = found.get(str(state), 0) + count
    return {name: dict(sorted(states.items())) for name, states in queue.items()}


def _senders(counts: Counts, live: Release | None) -> list[dict[str, Any]]:
    """Gives each sender of the release with its pace in segments and how many messages wait for it."""
    from engine.config.snapshot import restore

    if live is None:
        return []
    return [
        {
            "sender": f"{workspace}/sender/{name}",
            "value": sender.value,
            "kind": str(sender.sender_kind),
            "rate": str(sender.pace),
            "queued": sum(counts.get(f"{workspace}/sender/{name}", {}).get(state, 0) for state in WAITING),
        }
        for workspace, found in sorted(restore(live.objects).workspaces.items())
        for name, sender in sorted(found.senders.items())
    ]


def _workers(store: Store, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "owner": worker.owner,
            "host": worker.host,
            "pid": worker.pid,
            "started_at": worker.started_at.isoformat(),
            "heartbeat_at": worker.heartbeat_at.isoformat(),
            "alive": worker.is_alive(now),
        }
        for worker in store.workers()
    ]


def _pause(pause: Pause) -> dict[str, Any]:
    return {"scope": pause.scope, "by": pause.by, "why": pause.why, "at": pause.at.isoformat()}


def _breaker(breaker: Breaker, now: datetime) -> dict[str, Any]:
    return {
        "scope": breaker.scope,
        "state": "open" if breaker.is_open(now) else "half-open",
        "code": breaker.code,
        "message": breaker.message,
        "opened_at": breaker.opened_at.isoformat(),
        "until": breaker.until.isoformat(),
        "failures": breaker.failures,
    }


def _code(count: CodeCount) -> dict[str, Any]:
    return {
        "workspace": count.workspace,
        "code": count.code,
        "class": count.kind,
        "count": count.count,
        "last_at": count.last_at.isoformat(),
    }


def _spent(spent: Spent) -> dict[str, Any]:
    return {
        "workspace": spent.workspace,
        "hours": A_DAY // timedelta(hours=1),
        "costs": [{"amount": f"{cost.amount.normalize():f}", "currency": cost.currency} for cost in spent.costs],
        "unpriced": spent.unpriced,
    }


def _webhooks(store: Store) -> list[dict[str, Any]]:
    """Gives the webhooks with calls that wait or have failed, and those that are not called any more."""
    counts, gone = store.count_calls(), {(one.workspace, one.webhook): one for one in store.gone_webhooks()}
    return [
        {
            "workspace": workspace,
            "webhook": webhook,
            "pending": counts.get((workspace, webhook), {}).get(CallState.PENDING, 0),
            "failed": counts.get((workspace, webhook), {}).get(CallState.FAILED, 0),
            "gone_at": gone[workspace, webhook].at.isoformat() if (workspace, webhook) in gone else None,
        }
        for workspace, webhook in sorted({*counts, *gone})
    ]


def _print_webhooks(webhooks: list[dict[str, Any]]) -> None:
    if webhooks:
        click.echo()
        rows = ((f"{w['workspace']}/{w['webhook']}", w["pending"], w["failed"], w["gone_at"]) for w in webhooks)
        print_table(("calls of", "pending", "failed", "answered 410"), rows)


def _print_reviews(reviews: Mapping[str, int]) -> None:
    if reviews:
        click.echo()
        texts = ((workspace, count, "engine consent review") for workspace, count in sorted(reviews.items()))
        print_table(("may be a STOP", "texts to judge", "see"), texts)


def _print_spent(spent: list[dict[str, Any]]) -> None:
    if spent:
        click.echo()
        rows = (
            (
                one["workspace"],
                " + ".join(f"{cost['amount']} {cost['currency']}" for cost in one["costs"]) or "none",
                one["unpriced"],
            )
            for one in spent
        )
        print_table(("spent in a day", "about", "messages of unknown cost"), rows)


def _print_stops(pauses: list[dict[str, Any]], breakers: list[dict[str, Any]], codes: list[dict[str, Any]]) -> None:
    if pauses:
        click.echo()
        print_table(("paused", "by", "why", "since"), ((p["scope"], p["by"], p["why"], p["at"]) for p in pauses))
    if breakers:
        click.echo()
        rows = ((b["scope"], b["state"], b["until"], f"{b['code']}: {b['message']}") for b in breakers)
        print_table(("rests", "breaker", "until", "because"), rows)
    if codes:
        click.echo()
        met = ((c["workspace"], c["code"], c["class"], c["count"], c["last_at"]) for c in codes)
        print_table(("errors of", "code", "class", "count", "last"), met)


def _print(
    live: Release | None,
    pending: Mapping[str, int] | None,
    reconcile: dict[str, Any] | None,
    queue: Mapping[str, Mapping[str, int]],
    senders: list[dict[str, Any]],
    workers: list[dict[str, Any]],
) -> None:
    from engine.cli.releases import counted, shortened

    if live is None:
        click.echo("release: none; nothing was applied yet")
    else:
        when = live.applied_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        click.echo(f"release: {live.id}, applied {when} by {live.applied_by}, commit {shortened(live.commit)}")
    if pending is None:
        click.echo("config:  invalid; see engine validate")
    elif any(pending.values()):
        click.echo(f"config:  {counted(pending)} to apply; see engine plan")
    else:
        click.echo("config:  applied")
    if reconcile is not None:
        click.echo(f"reconcile: {rounds.line(reconcile)}")
    for name, states in queue.items():
        click.echo(f"{name}: " + (", ".join(f"{count} {state}" for state, count in states.items()) or "no messages"))
    click.echo()
    rows = ((s["sender"], s["value"], s["rate"], s["queued"]) for s in senders)
    print_table(("sender", "value", "rate", "queued"), rows, empty="no senders")
    click.echo()
    running = ((w["owner"], w["heartbeat_at"], "alive" if w["alive"] else "gone") for w in workers)
    print_table(("worker", "heartbeat", ""), running, empty="no workers")
