"""From a folder of files to a project, with everything that is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config.cache import Cache, no_cache
from engine.config.enginefile import EngineResult, base_document, read_engine
from engine.config.explain import Checker, did_you_mean
from engine.config.layout import Layout, scan
from engine.config.lazy import Lazy
from engine.config.models import EngineConfig, Project, Sample, Template, Workspace
from engine.config.overlay import Overlay, merged
from engine.config.secrets import check as check_secrets
from engine.config.settings import SettingsReader, SettingsResult
from engine.config.settings_models import Business, WorkspaceConfig
from engine.config.sources import Sources
from engine.config.text import Report, read
from engine.config.variables import Unset
from engine.config.webhooks import check_calls
from engine.config.workspace import Contents, WorkspaceReader
from engine.config.yamlfile import Document
from engine.errors import ConfigError, UsageError
from engine.plugins import Plugins
from engine.types import Finding, Severity, Source

if TYPE_CHECKING:
    from engine.config.conversations import Conversation


@dataclass(frozen=True, slots=True)
class Loaded:
    """A config as it was read.

    `project` is whole where no finding is an error. Otherwise it holds what can be checked further: what is valid, and
    stand-ins for settings and front matter that are not, so that the Liquid beside them is looked at all the same.
    """

    folder: Path
    """The folder that holds config/: what files of findings are relative to."""
    environment: str | None
    project: Project | None
    plugins: Plugins | None
    findings: tuple[Finding, ...]
    sources: Sources
    unset: tuple[Unset, ...]
    conversations: Mapping[str, list[Conversation]] = field(default_factory=dict)
    """Conversation tests, by the address of their file: `acme/test/club`."""
    guessed: frozenset[str] = frozenset()
    """Addresses of templates, and names of workspaces, of whose samples or settings not all could be read: what is
    provided is not known there."""
    cache: Cache | None = None
    """What is known of files that are as they were; None where every file was read."""

    def require(self, *, set_variables: bool = False) -> Project:
        """Gives the project. Raises ConfigError with every finding where one is an error.

        `set_variables` makes an error of each variable that is not set: for commands that need every value.
        """
        findings = list(self.findings)
        if set_variables:
            findings += [unset_error(unset) for unset in self.unset]
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        if errors or self.project is None:
            raise ConfigError(_summary(len(errors)), sorted_findings(findings))
        return self.project


@dataclass(frozen=True, slots=True)
class EngineFile:
    """engine.yaml and its plugins alone."""

    engine: EngineConfig
    plugins: Plugins
    sources: Mapping[str, Source]


def load(
    config: Path,
    *,
    environment: str | None,
    variables: Mapping[str, str],
    cache_of: Callable[[Plugins], Cache | None] = no_cache,
) -> Loaded:
    """Reads a whole config. What is wrong in it is in the findings.

    `cache_of` gives what was found out by an engine with these plugins; what it lacks is added to it, and not saved.
    Raises ConfigError where there is no such folder, UsageError for an environment that does not exist.
    """
    report, sources = Report(), Sources()
    layout, overlay = _open(config, environment, report)
    engine = read_engine(layout, overlay, variables, report, sources)
    others = _other_environments(layout, environment, report)
    for each in ([overlay] if overlay else []) + others:
        each.check(layout.workspaces)
    cache = cache_of(engine.plugins) if engine.plugins is not None else None
    settings = SettingsReader(
        engine.plugins,
        all_plugins=engine.all_plugins,
        variables=variables,
        local_webhooks=engine.engine is not None and engine.engine.local_webhooks,
    )
    results: list[SettingsResult] = []
    unchosen: list[tuple[Overlay, Report]] = []
    workspaces: dict[str, tuple[SettingsResult, Contents]] = {}
    for name, folder in layout.workspaces.items():
        document = base_document(folder.files.get("workspace.yaml"), f"{folder.prefix}workspace.yaml", report)
        contents = WorkspaceReader(folder, report, sources, cache).read()
        if document is None or document.broken:
            silent = Checker(Document("", f"{folder.prefix}workspace.yaml", Report()))
            workspaces[name] = (SettingsResult(None, silent), contents)
            continue
        own = merged(document, overlay.part("workspaces", name) if overlay else None)
        sources.add(f"{name}/workspace", own)
        result = settings.read(own, name)
        results.append(result)
        workspaces[name] = (result, contents)
        if result.settings is not None:
            tests, webhooks = contents.conversations, result.settings.webhooks
            check_calls(report, sources, name, contents.keywords, tests, webhooks)
        for other in others:
            if (over := other.part("workspaces", name)) is not None:
                under = merged(document, over)
                under.report = Report()
                results.append(settings.read(under, name))
                unchosen.append((other, under.report))
    _check_secret_use(engine, results)
    for other, found in unchosen:
        # What an environment that is not chosen makes of a workspace; its own values alone are reported.
        report.findings += [finding for finding in found.findings if finding.file == other.document.file]
    findings = sorted_findings(_addressed(finding, sources) for finding in report.findings)
    return Loaded(
        folder=config.absolute().parent,
        environment=environment,
        project=_project(engine, workspaces),
        plugins=engine.plugins,
        findings=tuple(findings),
        sources=sources,
        unset=tuple(engine.unset + [unset for result, _ in workspaces.values() for unset in result.unset]),
        conversations={
            address: tests for _, contents in workspaces.values() for address, tests in contents.conversations.items()
        },
        guessed=frozenset(_guessed(workspaces)),
        cache=cache,
    )


def load_engine(config: Path, *, environment: str | None, variables: Mapping[str, str]) -> EngineFile:
    """Reads engine.yaml alone, and loads its plugins.

    Raises ConfigError where it is wrong or a variable in it is not set, UsageError for an unknown environment.
    """
    report, sources = Report(), Sources()
    layout, overlay = _open(config, environment, report, workspaces=False)
    report.findings.clear()
    engine = read_engine(layout, overlay, variables, report, sources)
    findings = report.findings + [unset_error(unset) for unset in engine.unset]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors or engine.engine is None or engine.plugins is None:
        raise ConfigError(_summary(len(errors)), sorted_findings(findings))
    return EngineFile(engine.engine, engine.plugins, sources)


def unset_error(unset: Unset) -> Finding:
    """Gives the error that an unset variable is where its value is needed."""
    place = unset.source
    return Finding(
        "config.unset-variable",
        Severity.ERROR,
        f"the variable {unset.name} is not set",
        f"set it, e.g. export {unset.name}=…, or write a default: ${{{unset.name}:-…}}",
        place.file,
        place.line,
        place.column,
        place.end_line,
        place.end_column,
        unset.address,
    )


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Gives findings in the order of files and lines, each once."""
    return sorted(dict.fromkeys(findings), key=lambda f: (f.file or "", f.line or 0, f.column or 0, f.code, f.message))


def _addressed(finding: Finding, sources: Sources) -> Finding:
    """Names the object that a finding about the text of a file is in."""
    if finding.address is not None or finding.file is None or finding.line is None:
        return finding
    return replace(finding, address=sources.address_at(finding.file, finding.line, finding.column or 1))


def _open(
    config: Path, environment: str | None, report: Report, *, workspaces: bool = True
) -> tuple[Layout, Overlay | None]:
    if not config.is_dir():
        what = "is no folder" if config.exists() else "does not exist"
        raise ConfigError(
            f"the config {str(config)!r} {what}", hint="run `engine init`, or say where it is with --config"
        )
    layout = scan(config, report, workspaces=workspaces)
    if environment is None:
        return layout, None
    if environment not in layout.environments:
        raise UsageError(
            f"there is no environment {environment!r}", hint=did_you_mean(environment, layout.environments)
        )
    return layout, _overlay(layout, environment, report)


def _overlay(layout: Layout, name: str, report: Report) -> Overlay | None:
    file = f"{layout.prefix}environments/{name}.yaml"
    text = read(layout.environments[name], file, report)
    if text is None:
        return None
    document = Document(text, file, report)
    check_secrets(text, document, bare=True)
    return None if document.broken else Overlay(name, document)


def _other_environments(layout: Layout, environment: str | None, report: Report) -> list[Overlay]:
    found = [_overlay(layout, name, report) for name in layout.environments if name != environment]
    return [overlay for overlay in found if overlay is not None]


def _check_secret_use(engine: EngineResult, results: list[SettingsResult]) -> None:
    secret = {name for result in results for name in result.secrets}
    for checker, used in [(engine.checker, engine.used), *((result.checker, result.used) for result in results)]:
        for use in used:
            if use.name in secret:
                message = f"the variable {use.name} holds a secret and may be used in secret fields only"
                checker.at(use.path, "config.secret-elsewhere", message, "use another variable here")


def _project(engine: EngineResult, workspaces: Mapping[str, tuple[SettingsResult, Contents]]) -> Project | None:
    """Gives what can be checked further; nothing is made of a config with errors."""
    if engine.plugins is None:
        return None
    found = {}
    for name, (result, contents) in workspaces.items():
        found[name] = Workspace(
            settings=result.settings or WorkspaceConfig(name=name, business=Business(country="US")),
            senders=contents.senders,
            templates=_mended(contents.templates, contents.people),
            snippets=contents.snippets,
            keywords=contents.keywords,
            consent=contents.consent,
            topics=contents.topics,
            people=contents.people,
        )
    return Project(engine=engine.engine or EngineConfig(engine=1, plugins=[]), workspaces=found)


def _guessed(workspaces: Mapping[str, tuple[SettingsResult, Contents]]) -> Iterable[str]:
    for name, (result, contents) in workspaces.items():
        if result.settings is None or not contents.people_read:
            yield name
        yield from contents.guessed


def _mended(templates: Lazy[Template], people: Collection[str]) -> Lazy[Template]:
    """Gives templates whose samples are of people that there are, so that one wrong name is reported once."""
    for name in templates if people else ():
        if templates.key(name) is not None:
            continue
        template = templates[name]
        if any(sample.person is not None and sample.person not in people for sample in template.samples or ()):
            samples = [_of_somebody(sample, people) for sample in template.samples or ()]
            templates.add(name, template.model_copy(update={"samples": samples}))
    return templates


def _of_somebody(sample: Sample, people: Collection[str]) -> Sample:
    if sample.person is None or sample.person in people:
        return sample
    nearest = difflib.get_close_matches(sample.person, people, n=1, cutoff=0)
    return sample.model_copy(update={"person": nearest[0]})


def _summary(errors: int) -> str:
    return f"the config has {errors} error{'' if errors == 1 else 's'}"
