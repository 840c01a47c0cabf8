"""Everything that can be said of the config that a command was called with."""

from __future__ import annotations

from functools import partial

from engine.cli.context import App
from engine.types import Finding


def findings_of(app: App) -> list[Finding]:
    """Gives every finding in the config, sorted."""
    from engine.compose.findings import all_findings

    return all_findings(app.loaded, partial(app.plugin_context, read_only=True))
