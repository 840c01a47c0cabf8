"""Everything that can be said of a config: its files, the Liquid in them, and what plugins find."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from engine.cli.context import App
from engine.types import Finding, Severity

if TYPE_CHECKING:
    from engine.config.load import Loaded


def findings_of(app: App) -> list[Finding]:
    """Gives every finding in the config, sorted. Plugins are asked once the core found no error."""
    from engine.compose.check import check
    from engine.config.load import sorted_findings
    from engine.config.snapshot import view

    loaded = app.loaded
    findings = list(loaded.findings)
    if loaded.project is not None and loaded.plugins is not None:
        found = check(
            loaded.project,
            plugins=loaded.plugins,
            sources=loaded.sources,
            context=partial(app.plugin_context, read_only=True),
            compose_samples=not _has_errors(findings),
        )
        findings += [finding for finding in found if not _is_guess(finding, loaded)]
        if not _has_errors(findings):
            findings += loaded.plugins.check_config(view(loaded.project, loaded.sources))
    return sorted_findings(findings)


def _has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


def _is_guess(finding: Finding, loaded: Loaded) -> bool:
    """True for what only seems to be missing, since what its template is given could not be read."""
    address = finding.address or ""
    known = not loaded.guessed.intersection((address, address.partition("/")[0]))
    return finding.code == "template.unknown-variable" and not known
