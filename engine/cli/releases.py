"""engine releases: the history of applies, and what each of them changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json, print_table
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.reconcile.changes import Plan
    from engine.store import Store
    from engine.types import Release

LAST = 20
_ALL = 1_000_000


@click.command()
@click.argument("release", required=False)
@click.option(
    "--limit", type=click.IntRange(min=1), default=LAST, show_default=True, metavar="N", help="Only the newest N."
)
@format_option()
@pass_app
def command(app: App, release: str | None, limit: int, format_: str) -> None:
    """List what was applied, the newest first: when, by whom, at which commit, how much it changed and which rails it
    was allowed to pass. With RELEASE, an id or how one begins, show that one and each of its changes.

    \b
    Example:
      engine releases
      engine releases 3f9c2e
      engine releases --limit 1 --format json | jq -r '.releases[0].commit'
    """
    store = app.store(read_only=True)
    if release is not None:
        _show(store, found(store, release), format_)
        return
    live, newest = store.live_release_id(), store.releases(limit=limit)
    if format_ == "json":
        print_json({"releases": [as_json(one, live) for one in newest]})
        return
    # Allowances are rare: the column is there where one was needed.
    extra = ("allowed",) if any(one.allowed for one in newest) else ()
    rows = (
        (
            one.id + (" (live)" if one.id == live else ""),
            one.applied_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            one.applied_by,
            shortened(one.commit),
            counted(one.summary) + (f", back to {one.restores}" if one.restores else ""),
            *((", ".join(one.allowed) or "-",) if extra else ()),
        )
        for one in newest
    )
    print_table(("release", "applied", "by", "commit", "changes", *extra), rows, empty="nothing was applied yet")


def found(store: Store, name: str) -> Release:
    """Gives the release whose id this is, or begins so. Raises UsageError where there is none, or several."""
    release = store.release(name)
    if release is not None:
        return release
    ids = [one.id for one in store.releases(limit=_ALL) if name and one.id.startswith(name)]
    if len(ids) > 1:
        raise UsageError(f"several releases begin with {name!r}: {', '.join(ids[:5])}", hint="write more of it")
    release = store.release(ids[0]) if ids else None
    if release is None:
        raise UsageError(f"there is no release {name!r}", hint="see them all with: engine releases")
    return release


def _show(store: Store, release: Release, format_: str) -> None:
    """Shows one release, with what it changed."""
    plan, live = _made_by(store, release), store.live_release_id()
    if format_ == "json":
        changes = [change.as_json() for change in plan.changes]
        print_json({"release": as_json(release, live), "changes": changes})
        return
    from engine.cli.planning import show
    from engine.reconcile.lines import printable

    about = (
        ("release", release.id + (" (live)" if release.id == live else "")),
        ("applied", f"{release.applied_at:%Y-%m-%d %H:%M:%S} UTC by {release.applied_by}"),
        ("commit", f"{shortened(release.commit)}{f' by {release.author}' if release.author else ''}"),
        ("base", release.base or "none: the first"),
        ("environment", release.environment or "-"),
        ("goes back to", release.restores or "-"),
        ("allowed", ", ".join(release.allowed) or "-"),
    )
    for name, value in about:
        click.echo(printable(f"{name + ':':14}{value}"))
    click.echo()
    show(plan)


def _made_by(store: Store, release: Release) -> Plan:
    """Gives again the plan that made a release, without what was in its way then."""
    from dataclasses import replace

    from engine.reconcile.plan import plan

    base = store.release(release.base) if release.base is not None else None
    made = plan(
        base.objects if base else None,
        release.objects,
        base=release.base,
        environment=release.environment,
        versions=release.versions,
        sources=release.sources,
        sources_before=base.sources if base else None,
    )
    return replace(made, blocked=())


def as_json(release: Release, live: str | None) -> dict[str, Any]:
    """Gives a release without its objects."""
    return {
        "release": release.id,
        "live": release.id == live,
        "base": release.base,
        "digest": release.digest,
        "applied_at": release.applied_at.isoformat(),
        "applied_by": release.applied_by,
        "commit": release.commit,
        "author": release.author,
        "environment": release.environment,
        "versions": dict(release.versions),
        "summary": dict(release.summary),
        "allowed": list(release.allowed),
        "restores": release.restores,
    }


def shortened(commit: str | None) -> str:
    """Gives a commit as people write it: twelve digits, and whether files differed from it."""
    if commit is None:
        return "-"
    name, dash, dirty = commit.partition("-")
    return name[:12] + dash + dirty


def counted(summary: dict[str, int] | Any) -> str:
    """Gives counts of changes as +created ~updated -deleted."""
    return f"+{summary.get('create', 0)} ~{summary.get('update', 0)} -{summary.get('delete', 0)}"
