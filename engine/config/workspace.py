"""Reads one workspace: all of its files, and what they say of each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from engine.config.addresses import texts
from engine.config.agreeing import check_consent, check_topics
from engine.config.cache import Cache
from engine.config.explain import NAME_RULE, Checker, Path, did_you_mean, keys_of
from engine.config.keywords import check_keywords
from engine.config.layout import NAME, WorkspaceFolder
from engine.config.lazy import Lazy
from engine.config.models import (
    ConsentConfig,
    Keyword,
    KeywordsFile,
    PeopleFile,
    SenderConfig,
    SendersFile,
    StandardKeyword,
    Template,
    Topic,
)
from engine.config.secrets import check as check_secrets
from engine.config.senders import check_senders
from engine.config.sources import Sources
from engine.config.standard_words import Meaning
from engine.config.templates import TemplateReader
from engine.config.text import Report, read
from engine.config.variables import check_none
from engine.config.words import plain
from engine.config.yaml_nodes import find
from engine.config.yamlfile import Document
from engine.types import Source

if TYPE_CHECKING:
    from engine.config.conversations import Conversation

M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Contents:
    """What a workspace holds beside its settings; only what is valid."""

    senders: dict[str, SenderConfig] = field(default_factory=dict)
    templates: Lazy[Template] = field(default_factory=lambda: Lazy(Template))
    snippets: dict[str, str] = field(default_factory=dict)
    keywords: dict[str, Keyword] = field(default_factory=dict)
    consent: ConsentConfig = field(default_factory=ConsentConfig)
    topics: dict[str, Topic] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    conversations: dict[str, list[Conversation]] = field(default_factory=dict)
    people_read: bool = True
    """False where somebody in people.yaml could not be read: then templates cannot be judged by their samples."""
    guessed: set[str] = field(default_factory=set)
    """Addresses of templates whose samples could not be read."""


class WorkspaceReader:
    """Reads the files of one workspace."""

    def __init__(self, folder: WorkspaceFolder, report: Report, sources: Sources, cache: Cache | None = None) -> None:
        self.folder = folder
        self.report = report
        self.sources = sources
        self.cache = cache

    def read(self) -> Contents:
        """Gives what is valid; reports everything that is not."""
        found = Contents()
        senders = self._file("senders.yaml", SendersFile)
        people = self._file("people.yaml", PeopleFile)
        found.people_read = people is not None
        found.senders = self._objects(senders, "senders", "sender", SenderConfig)
        if senders is not None:
            check_senders(senders[0], self.folder.name, senders[1])
        if people is not None:
            found.people = self._people(*people)
            found.people_read = len(found.people) == len(people[1])
        templates = TemplateReader(
            self.folder,
            self.report,
            self.sources,
            senders=senders[1] if senders is not None else None,
            people=people[1] if people is not None else None,
            cache=self.cache,
        )
        found.snippets = templates.snippets()
        found.templates = templates.templates()
        found.guessed = templates.guessed
        self._keywords(found, senders[1] if senders is not None else None)
        self._conversations(found, senders[1] if senders is not None else None)
        return found

    def _file(self, name: str, model: type[M]) -> tuple[Checker, dict[str, Any]] | None:
        """Gives the objects of a file, as written, by name; None where the file cannot be read."""
        document = self._document(name, self.folder.files.get(name))
        if document is None:
            return None
        data = {} if document.data is None else document.data
        checker = Checker(document)
        if not isinstance(data, dict):
            checker.at((), "config.type", f"{name} must be a mapping of keys to values")
            return None
        known = keys_of(model)
        for key in data:
            if key not in known:
                hint = did_you_mean(key, known, "possible here")
                checker.at((key,), "config.unknown-key", f"unknown key {key!r}", hint, key=True)
        objects = data.get(known[0], {})
        if not isinstance(objects, dict):
            what = "nothing" if objects is None else "no mapping"
            hint = "write {} for none, or take the key out"
            checker.at((known[0],), "config.type", f"{what}, where a mapping of keys to values is expected", hint)
            return None
        return checker, objects

    def _document(self, name: str, path: str | None) -> Document | None:
        file = f"{self.folder.prefix}{name}"
        text = read(path, file, self.report) if path is not None else ""
        if text is None:
            return None
        document = Document(text, file, self.report)
        if text:
            check_secrets(text, document, bare=name in ("senders.yaml", "keywords.yaml"))
        return None if document.broken else document

    def _objects(
        self, file: tuple[Checker, dict[str, Any]] | None, key: str, kind: str, model: type[M]
    ) -> dict[str, M]:
        found: dict[str, M] = {}
        for name, data in file[1].items() if file is not None else ():
            assert file is not None  # noqa: S101 # for mypy: the loop is empty otherwise
            checker, path, address = file[0], (key, name), f"{self.folder.name}/{kind}/{name}"
            self._note(checker, path, address)
            if not NAME.fullmatch(name):
                message = f"{name!r} is no name: {NAME_RULE}"
                checker.at(path, "config.name", message, "rename it", address=address, key=True)
            if "${" in checker.document.text:
                # A pattern may have an escaped dollar sign before a brace.
                fields = {k: v for k, v in data.items() if k != "words"} if isinstance(data, dict) else data
                check_none(fields, checker, address, path)
            value = checker.model(model, data, at=path, address=address)
            if value is not None:
                found[name] = value
        return found

    def _note(self, checker: Checker, path: Path, address: str) -> None:
        node, key_node = find(checker.document.root, path)
        if key_node is None:
            self.sources.fix(address, Source(checker.document.file, 1))
        else:
            self.sources.add(address, checker.document, node=node, key=key_node)

    def _people(self, checker: Checker, people: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        found = {}
        for name, attributes in people.items():
            address = f"{self.folder.name}/person/{name}"
            self._note(checker, ("people", name), address)
            if isinstance(attributes, dict):
                found[name] = attributes
            else:
                message = f"a person is a mapping of attributes, like {name}: {{first_name: Ada}}"
                checker.at(("people", name), "config.type", message, address=address)
        return found

    def _keywords(self, found: Contents, senders: Mapping[str, Any] | None) -> None:
        file = self._file("keywords.yaml", KeywordsFile)
        if file is None:
            return
        checker, rules = file
        workspace = self.folder.name
        found.keywords = self._objects(file, "keywords", "keyword", Keyword)
        consent = checker.document.data.get("consent", {}) if checker.document.data else {}
        self._note(checker, ("consent",), f"{workspace}/consent")
        self.sources.fix(f"{workspace}/keywords", Source(checker.document.file, 1))
        model = checker.model(ConsentConfig, consent, at=("consent",), address=f"{workspace}/consent")
        found.consent = model or found.consent
        written = checker.document.data.get("topics", {}) if checker.document.data else {}
        if isinstance(written, dict):
            found.topics = self._objects((checker, written), "topics", "topic", Topic)
        elif written is not None:
            checker.at(("topics",), "config.type", "topics must be a mapping of keys to values")
        topics = written if isinstance(written, dict) else {}
        check_none(
            {
                name: {k: v for k, v in rule.items() if k != "words"}
                for name, rule in rules.items()
                if isinstance(rule, dict)
            },
            checker,
            workspace,
            ("keywords",),
        )
        for name, rule in rules.items():
            address = f"{workspace}/keyword/{name}"
            if senders is not None:
                self._refer(checker, ("keywords", name), rule, "senders", "sender", senders, address)
            self._refer(checker, ("keywords", name), rule, "reply", "template", self.folder.templates, address)
            start = rule.get("start") if isinstance(rule, dict) else None
            self._refer(
                checker, ("keywords", name, "start"), start, "template", "template", self.folder.templates, address
            )
            for key in ("subscribe", "unsubscribe"):
                self._refer(checker, ("keywords", name), rule, key, "topic", topics, address)
        for name, topic in topics.items():
            address = f"{workspace}/topic/{name}"
            self._refer(checker, ("topics", name), topic, "confirm", "template", self.folder.templates, address)
        for word in ("stop", "start", "help"):
            at: Path = ("consent", word)
            inner = consent.get(word) if isinstance(consent, dict) else None
            self._refer(checker, at, inner, "reply", "template", self.folder.templates, f"{workspace}/consent")
        own = found.consent
        extra: tuple[tuple[Meaning, StandardKeyword], ...] = (
            ("HELP", own.help),
            ("START", own.start),
            ("STOP", own.stop),
        )
        reserved = {plain(word): meaning for meaning, standard in extra for word in standard.extra_words}
        check_keywords(checker, workspace, rules, senders or {}, reserved)
        check_consent(checker, workspace, found.consent, found.topics, found.keywords, found.templates, found.snippets)
        check_topics(self.report, self.sources, workspace, topics, found.templates)

    @staticmethod
    def _refer(
        checker: Checker, at: Path, data: Any, key: str, kind: str, known: Collection[str], address: str
    ) -> None:
        for path, name in texts(data, key):
            if name not in known:
                message, hint = f"there is no {kind} {name!r}", did_you_mean(name, known)
                checker.at((*at, *path), f"ref.unknown-{kind}", message, hint, address=address)

    def _conversations(self, found: Contents, senders: Mapping[str, Any] | None) -> None:
        if not self.folder.tests:
            return
        # Few commands need these models, and pydantic takes 20 ms to build them.
        from engine.config.conversation_files import Known, read_conversations

        known = Known(
            templates=self.folder.templates,
            rules=found.keywords,
            topics=found.topics,
            senders=senders,
            people=found.people if found.people_read else None,
        )
        for name, path in self.folder.tests.items():
            document = self._document(f"tests/{name}.yaml", path)
            if document is not None and document.data is not None:
                address = f"{self.folder.name}/test/{name}"
                self.sources.add(address, document)
                tests = read_conversations(Checker(document), address, known)
                if tests is not None:
                    found.conversations[address] = tests
