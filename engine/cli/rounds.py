"""The last round of `engine reconcile`, as `engine status` shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.cli.releases import shortened

if TYPE_CHECKING:
    from engine.rounds import Round

A_ROUND = timedelta(minutes=5)
"""A round that waits for its remote, for providers and for a lock takes no longer."""


def as_json(last: Round, now: datetime) -> dict[str, Any]:
    """Gives the round as data; `late` is True where the next one is overdue by a whole round."""
    from engine.config.values import print_duration

    return {
        "at": last.at.isoformat(),
        "by": last.by,
        "every": print_duration(last.every) if last.every else None,
        "result": str(last.result),
        "commit": last.commit,
        "message": last.message or None,
        "since": last.since.isoformat() if last.since else None,
        "late": last.every is not None and now - last.at > 2 * last.every + A_ROUND,
    }


def line(shown: Mapping[str, Any]) -> str:
    """Gives the round in words."""
    since = f" since {shown['since']}" if shown["since"] else ""
    what = f": {shown['message']}" if shown["message"] else ""
    late = " (no round since: is engine reconcile running?)" if shown["late"] else ""
    return f"{shown['result']}{since}, seen {shown['at']} at commit {shortened(shown['commit'])}{what}{late}"
