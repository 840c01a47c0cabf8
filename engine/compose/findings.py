"""Everything that can be said of a config: its files, the Liquid in them, and what plugins find."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.compose.check import check
from engine.config.load import Loaded, sorted_findings
from engine.config.snapshot import view
from engine.contracts import PluginContext
from engine.types import Finding, Severity


def all_findings(loaded: Loaded, context: Callable[[str], PluginContext]) -> list[Finding]:
    """Gives every finding in a config, sorted. Plugins are asked once the core found no error; `context` gives what
    they are built with, which changes nothing live."""
    findings = list(loaded.findings)
    if loaded.project is not None and loaded.plugins is not None:
        found = check(
            loaded.project,
            plugins=loaded.plugins,
            sources=loaded.sources,
            context=context,
            compose_samples=not has_errors(findings),
        )
        findings += [finding for finding in found if not _is_guess(finding, loaded)]
        if not has_errors(findings):
            findings += loaded.plugins.check_config(view(loaded.project, loaded.sources))
    return sorted_findings(findings)


def has_errors(findings: Iterable[Finding]) -> bool:
    """True where any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _is_guess(finding: Finding, loaded: Loaded) -> bool:
    """True for what only seems to be missing, since what its template is given could not be read."""
    address = finding.address or ""
    known = not loaded.guessed.intersection((address, address.partition("/")[0]))
    return finding.code == "template.unknown-variable" and not known
