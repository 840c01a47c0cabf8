"""engine releases: the history of applies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json, print_table

if TYPE_CHECKING:
    from engine.types import Release

LAST = 20


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=LAST, show_default=True, metavar="N", help="Only the newest N."
)
@format_option()
@pass_app
def command(app: App, limit: int, format_: str) -> None:
    """List what was applied, the newest first.

    \b
    Example:
      engine releases
      engine releases --limit 1 --format json | jq -r '.releases[0].commit'
    """
    store = app.store(read_only=True)
    live, found = store.live_release_id(), store.releases(limit=limit)
    if format_ == "json":
        print_json({"releases": [as_json(release, live) for release in found]})
        return
    rows = (
        (
            release.id + (" (live)" if release.id == live else ""),
            release.applied_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            release.applied_by,
            shortened(release.commit),
            counted(release.summary),
        )
        for release in found
    )
    print_table(("release", "applied", "by", "commit", "changes"), rows, empty="nothing was applied yet")


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
