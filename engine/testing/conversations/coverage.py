"""How much of a config its conversation tests have shown: rules, their answers, and branches of Liquid."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.compose.builtin import CONFIRM, CONFIRMED, HELP, RESUMED, STOPPED
from engine.config.models import Project, Template, Workspace
from engine.testing.conversations.branches import Branches
from engine.testing.conversations.heard import Heard
from engine.types import Json, Source

KINDS = ("rule", "reply", "branch")

CONFIRM_RULE = "consent.confirm"
"""What a YES to a topic's question is routed as."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a test can show."""

    kind: str  # one of KINDS
    workspace: str
    name: str
    place: Source | None  # None for what is built in
    shown: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything that could be shown, and what was."""

    items: Sequence[Item]

    @property
    def percent(self) -> float:
        """How much was shown, of 100. Of nothing, all was."""
        return 100 * sum(item.shown for item in self.items) / len(self.items) if self.items else 100.0

    @property
    def missing(self) -> list[Item]:
        """What no test has shown."""
        return [item for item in self.items if not item.shown]

    def count(self, kind: str, workspace: str | None = None) -> tuple[int, int]:
        """Gives (shown, all) of a kind, in one workspace or in all of them."""
        there = [i for i in self.items if i.kind == kind and workspace in (None, i.workspace)]
        return sum(item.shown for item in there), len(there)

    def as_json(self) -> dict[str, Json]:
        """Gives it as `--format json` has it."""
        counts = {}
        for key, kind in (("rules", "rule"), ("replies", "reply"), ("branches", "branch")):
            shown, total = self.count(kind)
            counts[key] = {"shown": shown, "total": total}
        missing = [
            {
                "kind": item.kind,
                "workspace": item.workspace,
                "name": item.name,
                "file": item.place.file if item.place else None,
                "line": item.place.line if item.place else None,
            }
            for item in self.missing
        ]
        return {"percent": round(self.percent, 2), **counts, "missing": missing}


def cover(
    project: Project,
    workspaces: Collection[str],
    heard: Heard,
    branches: Mapping[str, Branches],
    sources: Mapping[str, Source],
) -> Coverage:
    """Gives the coverage of some workspaces, whose texts have all been parsed."""
    items: list[Item] = []
    for name in workspaces:
        workspace = project.workspaces[name]
        items += _rules(name, workspace, heard, sources)
        items += _branches(name, workspace, branches[name], sources)
    return Coverage(items)


def texts(workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    """Gives every piece of Liquid in a workspace: its address without the workspace, its field, its text."""
    for name, template in workspace.templates.items():
        for field, text in _of_template(template):
            yield f"template/{name}", field, text
    for name, text in workspace.snippets.items():
        yield f"snippet/{name}", "body", text


def _of_template(template: Template) -> Iterator[tuple[str, str]]:
    for prefix, words in (("", template), *((f"languages.{key}.", one) for key, one in template.languages.items())):
        yield f"{prefix}body", words.body
        if words.to is not None:
            yield f"{prefix}to", words.to
        yield from ((f"{prefix}media.{index}", one) for index, one in enumerate(words.media))


def _rules(name: str, workspace: Workspace, heard: Heard, sources: Mapping[str, Source]) -> Iterator[Item]:
    rules = [(rule, sources.get(f"{name}/keyword/{rule}")) for rule in workspace.keywords]
    rules += [
        (f"consent.{word}", sources.get(f"{name}/consent#{word}") or sources.get(f"{name}/consent"))
        for word in ("stop", "start", "help")
    ]
    asking = [topic for topic, about in workspace.topics.items() if about.double_opt_in]
    if asking:
        rules.append((CONFIRM_RULE, sources.get(f"{name}/topic/{asking[0]}")))
    places = dict(rules)
    for rule, place in rules:
        yield Item("rule", name, rule, place, (name, rule) in heard.rules)
    for rule, template in answers(workspace):
        shown = (name, rule, template) in heard.replies
        yield Item("reply", name, f"{rule}: {template}", places.get(rule), shown)


def answers(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Gives each template that texts are answered with, or that they start, with the rule that it answers for."""
    consent = workspace.consent
    for rule, keyword in workspace.keywords.items():
        topic = workspace.topics.get(keyword.subscribe) if isinstance(keyword.subscribe, str) else None
        found = [(rule, keyword.start.template)] if keyword.start is not None else []
        if topic is not None and topic.double_opt_in:
            found += [(rule, topic.confirm or CONFIRM), (CONFIRM_RULE, keyword.reply or CONFIRMED)]
        elif keyword.reply is not None or keyword.unsubscribe is True:
            found.append((rule, keyword.reply or consent.stop.reply or STOPPED))
        yield from dict.fromkeys(found)
    for word, built_in in (("stop", STOPPED), ("start", RESUMED), ("help", HELP)):
        yield f"consent.{word}", getattr(consent, word).reply or built_in


def _branches(name: str, workspace: Workspace, branches: Branches, sources: Mapping[str, Source]) -> Iterator[Item]:
    seen: set[str] = set()
    for address, field, text in texts(workspace):
        # Equal texts are parsed once, and are one text.
        if text in seen:
            continue
        seen.add(text)
        for branch in branches.of(text):
            place = _place(text, branch.index, f"{name}/{address}", field, sources)
            yield Item("branch", name, f"{address.partition('/')[2]}: {branch.name}", place, branch.taken)


def _place(text: str, index: int, address: str, field: str, sources: Mapping[str, Source]) -> Source | None:
    begins = sources.get(f"{address}#{field}") or sources.get(address)
    if begins is None or field.rpartition(".")[2] != "body":
        return begins
    line = text.count("\n", 0, index)
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return Source(begins.file, begins.line + line, column if line else column + begins.column - 1)
