"""Everything that can be said of a config: its files, the Liquid in them, and what plugins find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.compose.build import chosen_plugins
from engine.compose.kept import Kept
from engine.config.load import Loaded, sorted_findings
from engine.config.models import Project
from engine.config.snapshot import view
from engine.contracts import PluginContext
from engine.errors import ConfigError
from engine.plugins import Plugins
from engine.types import Finding, Severity


def all_findings(loaded: Loaded, context: Callable[[str], PluginContext]) -> list[Finding]:
    """Gives every finding in a config, sorted. Plugins are asked once the core found no error; `context` gives what
    they are built with, which changes nothing live."""
    findings = list(loaded.findings)
    if loaded.project is not None and loaded.plugins is not None:
        found = _in_liquid(loaded, loaded.project, loaded.plugins, context, compose_samples=not has_errors(findings))
        findings += [finding for finding in found if not _is_guess(finding, loaded)]
        if not has_errors(findings):
            findings += loaded.plugins.check_config(view(loaded.project, loaded.sources))
    return sorted_findings(findings)


def _in_liquid(
    loaded: Loaded,
    project: Project,
    plugins: Plugins,
    context: Callable[[str], PluginContext],
    *,
    compose_samples: bool,
) -> Iterator[Finding]:
    for name, workspace in project.workspaces.items():
        kept = _kept(loaded, project, plugins, name, context, compose_samples=compose_samples)
        if kept is not None and all(map(kept.is_clean, workspace.snippets)):
            known = {template: kept.template(template) for template in workspace.templates}
            if None not in known.values():
                yield from (finding for found in known.values() for finding in found or ())
                continue
        # It imports Liquid, which takes longer than to look up ten thousand templates.
        from engine.compose.check import check_workspace

        yield from check_workspace(
            project,
            name,
            plugins=plugins,
            sources=loaded.sources,
            context=context,
            compose_samples=compose_samples,
            kept=kept,
        )


def _kept(
    loaded: Loaded,
    project: Project,
    plugins: Plugins,
    workspace: str,
    context: Callable[[str], PluginContext],
    *,
    compose_samples: bool,
) -> Kept | None:
    if loaded.cache is None:
        return None
    try:
        if compose_samples:
            chosen_plugins(project, workspace, plugins=plugins, context=context)
    except ConfigError:
        return None  # nothing is composed; the check says why
    return Kept(loaded.cache, project, workspace, compose_samples=compose_samples)


def has_errors(findings: Iterable[Finding]) -> bool:
    """True where any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _is_guess(finding: Finding, loaded: Loaded) -> bool:
    """True for what only seems to be missing, since what its template is given could not be read."""
    address = finding.address or ""
    known = not loaded.guessed.intersection((address, address.partition("/")[0]))
    return finding.code == "template.unknown-variable" and not known
