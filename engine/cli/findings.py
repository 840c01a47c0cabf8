"""Everything that can be said of a config: its files, the Liquid in them, and what plugins find."""

from __future__ import annotations

from functools import partial

from engine.cli.context import App
from engine.types import Finding, Severity


def findings_of(app: App) -> list[Finding]:
    """Gives every finding in the config, sorted. Plugins are asked once the core found no error."""
    from engine.compose.check import check
    from engine.config.load import sorted_findings
    from engine.config.snapshot import view

    loaded = app.loaded
    findings = list(loaded.findings)
    if loaded.project is not None and loaded.plugins is not None:
        context = partial(app.plugin_context, read_only=True)
        findings += check(loaded.project, plugins=loaded.plugins, sources=loaded.sources, context=context)
        if not any(finding.severity is Severity.ERROR for finding in findings):
            findings += loaded.plugins.check_config(view(loaded.project, loaded.sources))
    return sorted_findings(findings)
