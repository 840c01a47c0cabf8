"""What status says of providers: what others changed there, and what apply has left undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from engine.cli.output import finding_line, print_table
from engine.provider_steps import StepState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.cli.context import App
    from engine.reconcile.changes import Plan
    from engine.store import Store
    from engine.types import Release


def plan_now(app: App, store: Store, live: Release | None, *, refresh: bool) -> Plan:
    """Gives what `apply` would change, with no more than is needed to count it. Raises ConfigError."""
    from engine.cli.planning import wanted
    from engine.cli.providers import seen
    from engine.reconcile.apply import plan_for
    from engine.reconcile.provider_side import with_provider

    asked = wanted(app)
    plan = plan_for(live, asked.desired)
    return with_provider(plan, seen(app, asked, store.webhooks_set())) if refresh and live is not None else plan


def drift(plan: Plan | None) -> list[dict[str, Any]]:
    """Gives each webhook that others changed at a provider: as it was set, and as it is."""
    return [
        {
            "address": change.address,
            "sender": (change.after or {})["sender"],
            "webhook": name,
            "was": (change.before or {})[name],
            "is": (change.after or {})[name],
        }
        for change in (plan.drift if plan else ())
        for name in change.fields
    ]


def undone(store: Store) -> list[dict[str, Any]]:
    """Gives the steps at providers that the last apply did not end well."""
    return [
        {"address": step.address, "state": str(step.state), "message": step.message or None, "at": step.at.isoformat()}
        for step in store.last_steps()
        if step.state is not StepState.DONE
    ]


def print_drift(plan: Plan | None, drifted: Sequence[dict[str, Any]], left: Sequence[dict[str, Any]]) -> None:
    """Prints both, and on stderr what could not be asked or is missing there."""
    from engine.reconcile.lines import printable

    for finding in plan.warnings if plan else ():
        click.echo(finding_line(finding), err=True)
    if drifted:
        click.echo()
        rows = ((d["address"], d["webhook"], d["was"] or "none", printable(d["is"]) or "none") for d in drifted)
        print_table(("changed at the provider", "webhook", "was set to", "is"), rows)
    if left:
        click.echo()
        steps = ((step["address"], step["state"], printable(step["message"] or ""), step["at"]) for step in left)
        print_table(("not done at the provider", "state", "because", "at"), steps)
