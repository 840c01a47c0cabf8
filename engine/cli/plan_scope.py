"""Which diff a plan is reviewed beside, and what the plan touches beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.cli.context import App
    from engine.cli.planning import Wanted
    from engine.reconcile.changes import Plan
    from engine.types import Source


def scoped(app: App, plan: Plan, asked: Wanted, sources_before: Mapping[str, Source], diff: str | None) -> Plan:
    """Gives the plan with a warning for what it touches beyond a diff: that of `diff`, a revision, or else of the pull
    request that a CI says it runs for.

    Raises UsageError where git does not know `diff`. Of what git cannot tell, nothing is said.
    """
    from engine.reconcile import git
    from engine.reconcile.scope import with_scope

    revision = diff or reviewed(app.variables)
    if revision is None or not plan.changes:
        return plan
    try:
        commit_id = git.resolve(app.config, revision, app.variables)
    except UsageError:
        if diff is not None:
            raise
        return plan
    parted = git.merge_base(app.config, commit_id, app.variables) or commit_id
    edited = git.edited(app.config, parted, app.variables)
    if edited is None:
        return plan
    return with_scope(plan, edited, against=revision, sources=asked.desired.sources, sources_before=sources_before)


def reviewed(variables: Mapping[str, str]) -> str | None:
    """Gives the revision that a CI compares its pull request with, None where it runs for none."""
    branch = variables.get("GITHUB_BASE_REF")
    if branch and variables.get("GITHUB_ACTIONS") == "true":
        return f"origin/{branch}"
    return variables.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or None
