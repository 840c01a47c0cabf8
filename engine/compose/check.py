"""Checks the Liquid of a config: what stands in it, and what it makes of the samples."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.compose import problems
from engine.compose.analysis import Analysis, Steps, Use, analyse, guarded, shown
from engine.compose.build import composer
from engine.compose.composer import Composer, Recipient
from engine.compose.environment import MessageEnvironment
from engine.compose.kept import Kept
from engine.compose.names import ROOTS
from engine.compose.provided import Names, is_provided, nearest, provided_by, samples_of
from engine.compose.rendering import DEFAULT_HINT, Compiled
from engine.config.models import Project, Sample, Template, TemplateText, Workspace
from engine.contracts import PluginContext
from engine.errors import ComposeError, ConfigError, TextPlace
from engine.names import did_you_mean
from engine.plugins import Plugins
from engine.types import Finding, Person, Severity, Source

OF_THE_RECIPIENT = frozenset(
    {
        "media.not-receivable",
        "number.invalid",
        "number.missing",
        "sender.none-reaches",
        "template.missing-value",
    }
)
"""Reasons that say something of one recipient, not of the template: warnings, since only they get no message."""

_NAME = re.compile(r"[\w.\-?]+|\[[^\]]*\]")


def check(
    project: Project,
    *,
    plugins: Plugins,
    sources: Mapping[str, Source],
    context: Callable[[str], PluginContext],
    compose_samples: bool = True,
) -> list[Finding]:
    """Gives every finding about templates and snippets, at its position.

    Syntax, unknown tags, filters and snippets; variables that no sample provides and nothing guards; and what each
    sample's message would be refused for, unless the config has errors and no message can be made of it.
    """
    found: list[Finding] = []
    for name in project.workspaces:
        found += check_workspace(
            project, name, plugins=plugins, sources=sources, context=context, compose_samples=compose_samples
        )
    return found


def check_workspace(
    project: Project,
    name: str,
    *,
    plugins: Plugins,
    sources: Mapping[str, Source],
    context: Callable[[str], PluginContext],
    compose_samples: bool = True,
    kept: Kept | None = None,
) -> Iterator[Finding]:
    """Gives what `check` finds in one workspace. What is `kept` is not looked at again, and what is found is kept."""
    made = None
    try:
        if compose_samples:
            made = composer(project, name, plugins=plugins, context=context)
    except ConfigError as error:
        yield _whole(error, f"{name}/workspace", sources)
    now = context("check").clock()
    yield from _WorkspaceCheck(name, project.workspaces[name], plugins, sources, made, now).findings(kept)


class _WorkspaceCheck:
    def __init__(
        self,
        name: str,
        workspace: Workspace,
        plugins: Plugins,
        sources: Mapping[str, Source],
        made: Composer | None,
        now: datetime,
    ) -> None:
        self._name, self._workspace, self._composer, self._now = name, workspace, made, now
        self._places = _Places(sources)
        if made is not None:
            self._environment, self._compiled = made.environment, made.compiled
        else:
            self._environment = MessageEnvironment(workspace.snippets)
            plugins.prepare_liquid(self._environment)
            self._compiled = Compiled(self._environment)
        self._analyses: dict[str, Analysis | None] = {}

    def findings(self, kept: Kept | None) -> Iterator[Finding]:
        for name, body in self._workspace.snippets.items():
            if kept is None or not kept.is_clean(name):
                found = list(self._text(_Text(f"{self._name}/snippet/{name}", "body", body), None))
                yield from found
                if kept is not None and not found:
                    kept.keep_clean(name)
        for name in self._workspace.templates:
            known = kept.template(name) if kept is not None else None
            if known is not None:
                yield from known
                continue
            template = self._workspace.templates[name]
            found = list(self._whole_template(f"{self._name}/template/{name}", name, template))
            yield from found
            if kept is not None and not _has_error(found) and self._compiled.timed.isdisjoint(_texts(template)):
                kept.keep_template(name, found, self._snippets_of(template))
            for text in _texts(template):
                self._compiled.forget(text)
                self._analyses.pop(text, None)

    def _whole_template(self, address: str, name: str, template: Template) -> Iterator[Finding]:
        found = list(self._template(address, template))
        yield from found
        if self._composer is not None and not _has_error(found):
            yield from self._samples(self._composer, address, name, template)

    def _snippets_of(self, template: Template) -> set[str]:
        """Gives the names of the snippets that a template renders, and that those do."""
        found: set[str] = set()
        waiting = _texts(template)
        while waiting:
            text = waiting.pop()
            analysis = self._analysis(text) if "{" in text else None
            for call in analysis.calls if analysis is not None else ():
                if call.name is not None and call.name not in found:
                    found.add(call.name)
                    waiting.append(self._workspace.snippets.get(call.name, ""))
        return found

    def _template(self, address: str, template: Template) -> Iterator[Finding]:
        yield from self._words(address, "", template, template, frozenset())
        for language, text in template.languages.items():
            inherited = frozenset({template.to, *template.media})
            yield from self._words(address, f"languages.{language}.", template, text, inherited)

    def _words(
        self,
        address: str,
        prefix: str,
        template: Template,
        text: TemplateText,
        inherited: frozenset[str | None],
    ) -> Iterator[Finding]:
        names = provided_by(self._workspace, template, text)
        yield from self._text(_Text(address, f"{prefix}body", text.body), names)
        for key, value in (("to", text.to), *((f"media.{n}", one) for n, one in enumerate(text.media))):
            if value is not None and value not in inherited:
                yield from self._text(_Text(address, f"{prefix}{key}", value, whole=True), names)

    def _text(self, text: _Text, names: list[Names] | None) -> Iterator[Finding]:
        if "{" not in text.source:
            return
        analysis = self._analysis(text.source)
        if analysis is None:
            for problem in problems.problems(self._environment, text.source):
                yield self._at(text, problem.start, problem.end, problem.code, problem.message, problem.hint)
            return
        for one in analysis.filters:
            close = difflib.get_close_matches(one.name, self._environment.filters, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "check its name, and `plugins:` if a plugin brings it"
            start = one.token.start_index
            yield self._at(
                text, start, start + len(one.name), "template.unknown-filter", f"there is no filter {one.name!r}", hint
            )
        for call in analysis.calls:
            if call.name is None or call.name not in self._workspace.snippets:
                word = call.name or "…"
                hint = (
                    did_you_mean(word, self._workspace.snippets)
                    if call.name
                    else "name it in quotes: {% render 'name' %}"
                )
                message = f"there is no snippet {word!r}" if call.name else "a snippet is named by a variable"
                length = len(word) + 2 if call.name else 1
                yield self._at(text, call.index, call.index + length, "template.unknown-snippet", message, hint)
        if names is not None:
            yield from self._variables(text, analysis, names)

    def _variables(self, text: _Text, analysis: Analysis, names: list[Names]) -> Iterator[Finding]:
        for use in _once(analysis.uses):
            if not is_provided(use.steps, names):
                yield self._unknown(text, use, names, f"no sample provides {shown(use.steps)}, and nothing guards it")
        for use in _once(analysis.tests):
            if use.steps[0] not in ROOTS:
                finding = self._unknown(text, use, names, f"{shown(use.steps)} is nowhere set: it is always missing")
                yield replace(finding, severity=Severity.WARNING)
        for call in analysis.calls:
            for steps in _once_steps(self._of_snippet(call.name, ())):
                moved = _moved(steps, call.arguments)
                if moved is None or guarded(moved, call.guards) or is_provided(moved, names):
                    continue
                message = f"the snippet {call.name!r} prints {shown(steps)}, which no sample of this template provides"
                yield self._unknown(text, Use(moved, call.index), names, message, length=len(call.name or "") + 2)

    def _of_snippet(self, name: str | None, within: tuple[str, ...]) -> Iterator[Steps]:
        """What a snippet prints without a guard, that of the snippets which it renders included."""
        source = self._workspace.snippets.get(name or "")
        if name is None or source is None or name in within:
            return
        analysis = self._analysis(source)
        if analysis is None:
            return
        yield from (use.steps for use in analysis.uses)
        for call in analysis.calls:
            for steps in self._of_snippet(call.name, (*within, name)):
                moved = _moved(steps, call.arguments)
                if moved is not None and not guarded(moved, call.guards):
                    yield moved

    def _analysis(self, source: str) -> Analysis | None:
        if source not in self._analyses:
            try:
                self._analyses[source] = analyse(self._compiled.parse(source).nodes, self._environment.filters)
            except ComposeError:
                self._analyses[source] = None
        return self._analyses[source]

    def _samples(self, made: Composer, address: str, name: str, template: Template) -> Iterator[Finding]:
        """One finding for each thing that is wrong, with the names of the samples that it is wrong with."""
        found: dict[tuple[Finding, TextPlace | None], list[str]] = {}
        for sample in samples_of(self._workspace, template):
            for one in self._of_sample(made, name, sample):
                found.setdefault(one, []).append(sample.name)
        for (finding, place), names in found.items():
            named = f"sample {names[0]!r}" if len(names) == 1 else f"samples {_listed(names)}"
            message, text, start, end = f"{named}: {finding.message}", self._text_of(address, template, place), 0, 1
            if place is not None and text.source == place.source:
                start, end = place.start, place.end
                message = re.sub(r" \(line \d+\)$", "", message)  # the finding's own line says it
            yield replace(self._at(text, start, end, finding.code, message, finding.hint), severity=finding.severity)

    def _text_of(self, address: str, template: Template, place: TextPlace | None) -> _Text:
        """Gives the text of a template that a place is in; the body where it is in none of them, or not known."""
        texts = [
            _Text(address, "body", template.body),
            *(_Text(address, f"languages.{key}.body", one.body) for key, one in template.languages.items()),
        ]
        return next((text for text in texts if place is not None and text.source == place.source), texts[0])

    def _of_sample(self, made: Composer, name: str, sample: Sample) -> Sequence[tuple[Finding, TextPlace | None]]:
        attributes = self._workspace.people.get(sample.person or "")
        person = Person(self._name, sample.person or "", None, attributes) if attributes is not None else None
        try:
            recipient = Recipient(person, data=sample.data)
            findings = made.compose(name, recipient, message_id=None, now=self._now).findings
            return [(finding, None) for finding in findings]
        except ComposeError as error:
            severity = Severity.WARNING if error.reason in OF_THE_RECIPIENT else Severity.ERROR
            return [(Finding(error.reason, severity, f"no message: {error.message}", error.hint), error.place)]

    def _unknown(self, text: _Text, use: Use, names: list[Names], message: str, length: int | None = None) -> Finding:
        if length is None:
            length = _length_of_name(text.source, use.index)
        hint = nearest(use.steps, names) or DEFAULT_HINT
        return self._at(text, use.index, use.index + length, "template.unknown-variable", message, hint)

    def _at(self, text: _Text, start: int, end: int, code: str, message: str, hint: str) -> Finding:
        return self._places.finding(text, start, end, code, message, hint)


@dataclass(frozen=True, slots=True)
class _Text:
    """One piece of Liquid in the config. `whole`: positions inside of it are not known, its own is."""

    address: str
    field: str
    source: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Places:
    sources: Mapping[str, Source]

    def finding(self, text: _Text, start: int, end: int, code: str, message: str, hint: str) -> Finding:
        finding = Finding(code, Severity.ERROR, message, hint, address=text.address)
        fields = (text.field, text.field.rpartition(".")[0]) if text.whole else (text.field,)
        keys = [*(f"{text.address}#{one}" for one in fields if one), text.address]
        source = next((self.sources[key] for key in keys if key in self.sources), None)
        if source is None:
            return finding
        if text.whole or f"{text.address}#{text.field}" not in self.sources:
            return replace(
                finding,
                file=source.file,
                line=source.line,
                column=source.column,
                end_line=source.end_line,
                end_column=source.end_column,
            )
        line, column = _place(text.source, start, source)
        end_line, end_column = _place(text.source, min(end, len(text.source)), source)
        return replace(finding, file=source.file, line=line, column=column, end_line=end_line, end_column=end_column)


def _place(source: str, index: int, begins: Source) -> tuple[int, int]:
    before = source.count("\n", 0, index)
    column = index - (source.rfind("\n", 0, index) + 1) + 1
    return begins.line + before, column if before else column + begins.column - 1


def _length_of_name(source: str, index: int) -> int:
    end = index
    while (found := _NAME.match(source, end)) is not None:
        end = found.end()
    return max(end - index, 1)


def _has_error(found: list[Finding]) -> bool:
    return any(one.severity is Severity.ERROR for one in found)


def _texts(template: Template) -> list[str]:
    """Gives every piece of Liquid in a template."""
    texts = (template, *template.languages.values())
    return [text for one in texts for text in (one.body, one.to, *one.media) if text is not None]


def _moved(steps: Steps, arguments: Mapping[str, Steps | None]) -> Steps | None:
    """What a snippet's variable is for whoever renders it; None where something that is there was handed over."""
    root = steps[0]
    if not isinstance(root, str) or root not in arguments:
        return steps
    handed = arguments[root]
    return None if handed is None else (*handed, *steps[1:])


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _once(uses: list[Use]) -> list[Use]:
    return list({use.index: use for use in uses}.values())


def _once_steps(found: Iterator[Steps]) -> list[Steps]:
    return list(dict.fromkeys(found))


def _whole(error: ConfigError, address: str, sources: Mapping[str, Source]) -> Finding:
    source = sources.get(address)
    finding = Finding("workspace.plugins", Severity.ERROR, error.message, error.hint, address=address)
    return finding if source is None else replace(finding, file=source.file, line=source.line, column=source.column)
