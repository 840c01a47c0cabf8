"""Reads templates and snippets: YAML front matter and a Liquid body, with translations beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.config.addresses import texts
from engine.config.cache import Cache
from engine.config.explain import Checker, Path, did_you_mean
from engine.config.layout import WorkspaceFolder
from engine.config.lazy import Lazy
from engine.config.models import Template, TemplateText
from engine.config.secrets import check as check_secrets
from engine.config.sources import Sources
from engine.config.template_files import Written, key_of, read_files
from engine.config.text import Report, check_body, decoded, read
from engine.config.variables import check_none
from engine.config.yamlfile import Document
from engine.types import Purpose, Source

T = TypeVar("T", bound=TemplateText)

_FROM_FILES = ("body", "languages")
_OWN_OF_TRANSLATIONS = frozenset(TemplateText.model_fields) - {"body"} | {"purpose", "description"}


class TemplateReader:
    """Reads the templates and snippets of one workspace."""

    def __init__(
        self,
        folder: WorkspaceFolder,
        report: Report,
        sources: Sources,
        *,
        senders: Collection[str] | None,
        people: Collection[str] | None,
        cache: Cache | None = None,
    ) -> None:
        self.folder = folder
        self.cache = cache
        self.report = report
        self.sources = sources
        self.senders = senders
        self.people = people
        """Names to refer to; None where their file could not be read, and nothing can be said."""
        self.guessed: set[str] = set()
        """Addresses of templates whose samples could not be read."""

    def snippets(self) -> dict[str, str]:
        """Gives the text of every snippet by name."""
        found = {}
        for name, path in self.folder.snippets.items():
            file = f"{self.folder.prefix}snippets/{name}.liquid"
            text = read(path, file, self.report)
            if text is not None:
                check_body(text, file, self.report, first_line=1)
                check_secrets(text, Document("", file, self.report))
                address = f"{self.folder.name}/snippet/{name}"
                self.sources.fix(address, Source(file, 1))
                self.sources.fix(f"{address}#body", Source(file, 1, 1))
                found[name] = _without_last_newline(text)
        return found

    def templates(self) -> Lazy[Template]:
        """Gives every template by name, with its translations; a stand-in where what it says of itself is not valid."""
        found = Lazy(Template)
        for name in self.folder.templates:
            written = read_files(self.folder, name, self.report)
            key = None if self.cache is None else key_of(written)
            kept = self.cache.get(key) if self.cache is not None and key is not None else None
            if kept is not None and self._knows_names(kept):
                found.add_plain(name, kept)
            else:
                kept, before = None, len(self.report.findings)
                template = self._template(name, written)
                if template is not None:
                    found.add(name, template)
                    if self.cache is not None and key is not None and len(self.report.findings) == before:
                        kept = found.plain(name)
                        self.cache.put(key, kept)
            if kept is not None and key is not None:
                found.keep(name, key)
                # Its nodes take ten times the memory of its text, and few are ever asked for.
                self.sources.add_later(
                    f"{self.folder.name}/template/{name}", written, partial(self._places, name, written)
                )
        for name, languages in self.folder.languages.items():
            if name not in self.folder.templates:
                for language in languages:
                    file = f"{self.folder.prefix}templates/{name}.{language}.liquid"
                    hint = did_you_mean(name, self.folder.templates)
                    self.report.error(
                        "template.no-base", f"there is no template {name!r} to translate", hint, file=file
                    )
        return found

    def _knows_names(self, kept: Mapping[str, Any]) -> bool:
        """True where the senders and people that a template names are still there; else it is read, and says so."""
        if self.senders is not None:
            for text in (kept, *kept["languages"].values()):
                if not all(sender in self.senders for sender in text["sender"]):
                    return False
        samples = kept["samples"] or () if self.people is not None else ()
        return all(sample["person"] is None or sample["person"] in (self.people or ()) for sample in samples)

    def _places(self, name: str, written: Written) -> None:
        """Notes where things stand in a template that was kept."""
        address, prefix = f"{self.folder.name}/template/{name}", len(f"{self.folder.prefix}templates/{name}.")
        quiet = TemplateReader(self.folder, Report(), self.sources, senders=None, people=None)
        for number, (file, data) in enumerate(written.items()):
            text = decoded(data or b"", file, quiet.report) or ""
            quiet._split(text, file, address, file[prefix:].removesuffix(".liquid") if number else "")

    def _template(self, name: str, written: Written) -> Template | None:
        (file, content), *translations = written.items()
        address = f"{self.folder.name}/template/{name}"
        text = decoded(content, file, self.report) if content is not None else None
        if text is None:
            return None
        document, body = self._split(text, file, address, "")
        data = document.data
        if data is None and not document.broken:
            data = {}
        checker = Checker(document)
        if isinstance(data, dict):
            self._check(checker, data, body, address)
            values = {**data, "body": body}
            for key in _FROM_FILES:
                if key in data:
                    self._from_files(checker, key, address)
                    values.pop("languages", None)
        elif data is not None:
            checker.at((), "config.type", "front matter must be a mapping of keys to values", address=address)
            return None
        texts_by_language = {
            language: self._translation(*translation, data or {}, address, language)
            for language, translation in zip(self.folder.languages.get(name, ()), translations, strict=True)
        }
        template: Template | None = None if data is None else checker.model(Template, values, address=address)
        if template is None:
            template = _stand_in(Template, values if data is not None else {"body": body})
            if data is None or (template.samples is None and "samples" in data):
                self.guessed.add(address)
        translated = {language: text for language, text in texts_by_language.items() if text is not None}
        return template.model_copy(update={"languages": translated}) if translated else template

    def _translation(
        self, file: str, content: bytes | None, base: Mapping[str, Any], address: str, language: str
    ) -> TemplateText | None:
        text = decoded(content, file, self.report) if content is not None else None
        if text is None:
            return None
        document, body = self._split(text, file, address, language)
        if document.broken:
            return _stand_in(TemplateText, {"body": body})
        own, checker = document.data or {}, Checker(document)
        if not isinstance(own, dict):
            checker.at((), "config.type", "front matter must be a mapping of keys to values", address=address)
            return None
        self._check(checker, own, body, address, base)
        if "purpose" in own and own["purpose"] != base.get("purpose", own["purpose"]):
            message = f"the template's purpose is {base['purpose']!r}, and it may not differ by language"
            checker.at(("purpose",), "template.purpose-differs", message, "take `purpose:` out here", address=address)
        for key in own:
            if key in _FROM_FILES:
                self._from_files(checker, key, address)
            elif key in Template.model_fields and key not in _OWN_OF_TRANSLATIONS:
                message = f"{key!r} is the same in every language"
                hint = "it stands in the template itself; take it out here"
                checker.at((key,), "config.unknown-key", message, hint, address=address, key=True)
            elif key not in Template.model_fields:
                hint = did_you_mean(key, _OWN_OF_TRANSLATIONS, "possible here")
                checker.at((key,), "config.unknown-key", f"unknown key {key!r}", hint, address=address, key=True)
        merged = {**base, **own, "body": body}
        written = {key: value for key, value in merged.items() if key in TemplateText.model_fields}
        inherited = [key for key in (*TemplateText.model_fields, *base) if key not in own]
        found: TemplateText | None = checker.model(TemplateText, written, address=address, ignore=inherited)
        return found or _stand_in(TemplateText, written)

    def _split(self, text: str, file: str, address: str, language: str) -> tuple[Document, str]:
        """Gives front matter and body, and notes where they stand."""
        document, body, line = self._parts(text, file, address)
        if language:
            self.sources.add_translation(address, language, document)
        else:
            self.sources.add(address, document)
        if line is not None:
            field = f"languages.{language}.body" if language else "body"
            self.sources.fix(f"{address}#{field}", Source(file, line, 1))
        return document, body

    def _parts(self, text: str, file: str, address: str) -> tuple[Document, str, int | None]:
        """Gives front matter, body and the line that the body begins on, None where the front matter has no end."""
        front, body, body_line = "", text, 1
        if text.startswith("---\n"):
            end = text.find("\n---\n", 3)
            if end >= 0:
                front, body = text[4 : end + 1], text[end + 5 :]
                body_line = front.count("\n") + 3
            elif text.endswith("\n---"):
                front, body = text[4:-3], ""
                body_line = front.count("\n") + 2
            else:
                place = {"line": 1, "column": 1, "end_line": 1, "end_column": 4}
                message, hint = "the front matter does not end", "end it with a line that is `---`"
                self.report.error("template.front-matter", message, hint, file=file, address=address, **place)
                document = Document("", file, self.report)
                document.broken = True
                return document, "", None
        document = Document(front, file, self.report, first_line=2 if body_line > 1 else 1)
        check_secrets(front, document, first_line=document.first_line)
        check_body(body, file, self.report, first_line=body_line)
        check_secrets(body, document, first_line=body_line)
        return document, _without_last_newline(body), body_line

    def _check(
        self, checker: Checker, data: Mapping[str, Any], body: str, address: str, base: Mapping[str, Any] | None = None
    ) -> None:
        if "${" in checker.document.text:
            check_none({key: value for key, value in data.items() if key != "samples"}, checker, address)
        if not body.strip() and not (data.get("media") or (base or {}).get("media")):
            checker.at((), "template.empty", "there is neither text nor media to send", "write a body", address=address)
        if self.senders is not None:
            for path, sender in texts(data, "sender"):
                if sender not in self.senders:
                    hint = did_you_mean(sender, self.senders)
                    checker.at(path, "ref.unknown-sender", f"there is no sender {sender!r}", hint, address=address)
        if isinstance(data.get("samples"), list):
            self._check_samples(checker, data["samples"], address)

    def _check_samples(self, checker: Checker, samples: list[Any], address: str) -> None:
        names: set[str] = set()
        for index, sample in enumerate(samples):
            path: Path = ("samples", index)
            person, name = sample, sample
            if isinstance(sample, dict):
                person, name = sample.get("person"), sample.get("name", sample.get("person"))
                path = (*path, "person")
            if isinstance(person, str) and self.people is not None and person not in self.people:
                hint = did_you_mean(person, self.people)
                checker.at(
                    path,
                    "ref.unknown-person",
                    f"there is nobody named {person!r} in people.yaml",
                    hint,
                    address=address,
                )
            if isinstance(name, str) and name in names:
                where: Path = ("samples", index, "name") if isinstance(sample, dict) and "name" in sample else path
                hint = "give it a `name:` of its own"
                checker.at(where, "template.duplicate-sample", f"two samples are named {name!r}", hint, address=address)
            elif isinstance(name, str):
                names.add(name)

    @staticmethod
    def _from_files(checker: Checker, key: str, address: str) -> None:
        hint = (
            "the body follows the front matter" if key == "body" else "a translation is a file like welcome.es.liquid"
        )
        checker.at((key,), "config.unknown-key", f"unknown key {key!r}", hint, address=address, key=True)


def _stand_in(model: type[T], written: Mapping[str, Any]) -> T:
    """Gives what is valid of a template that is not, so that its Liquid is checked all the same."""
    needed = {"sender": ["nobody"], "purpose": Purpose.TRANSACTIONAL}
    needed = {key: value for key, value in needed.items() if key in model.model_fields}
    try:
        return model.model_validate({**needed, **written})
    except ValidationError as error:
        wrong = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
        return model.model_validate({**needed, **{key: value for key, value in written.items() if key not in wrong}})


def _without_last_newline(text: str) -> str:
    return text.removesuffix("\n")
