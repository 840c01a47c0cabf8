"""Which files a config has, and what each of them is. A file that means nothing is a finding."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.explain import NAME_RULE, did_you_mean
from engine.config.text import Report

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""A language tag (RFC 5646) as file names have it: es, pt-BR."""

WORKSPACE_FILES = ("workspace.yaml", "senders.yaml", "keywords.yaml", "people.yaml")
_WORKSPACE_FOLDERS = ("templates", "snippets", "tests")
_EDITORS = re.compile(r"\..*|.*~|#.*#|.*\.sw[a-p]|Thumbs\.db|desktop\.ini")
"""What editors and systems leave behind: no part of any config."""


@dataclass(slots=True)
class WorkspaceFolder:
    """The files of one workspace, as full paths."""

    name: str
    prefix: str  # "config/workspaces/acme/"
    files: dict[str, str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    languages: dict[str, dict[str, str]] = field(default_factory=dict)  # template → language → path
    snippets: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Layout:
    """All files of a config. `prefix` is what file names of findings begin with: `config/`."""

    root: str
    prefix: str
    engine: str | None = None
    environments: dict[str, str] = field(default_factory=dict)
    workspaces: dict[str, WorkspaceFolder] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    path: str
    file: str
    is_folder: bool


class _Scanner:
    def __init__(self, root: str, report: Report) -> None:
        self.root = root
        self.real_root = os.path.realpath(root)
        self.report = report

    def entries(self, path: str, file: str, depth: int = 0) -> list[_Entry]:
        """Lists a folder, sorted by name, without what editors leave behind."""
        found = []
        try:
            with os.scandir(path) as scan:
                for entry in scan:
                    name = entry.name
                    if _EDITORS.fullmatch(name):
                        continue
                    if entry.is_symlink() and not self._inside(entry.path):
                        self.report.error(
                            "config.link",
                            "a symbolic link that leads out of the config",
                            "put the file itself here",
                            file=_printable(file + name),
                        )
                        continue
                    is_folder = entry.is_dir()
                    if depth > 20 if is_folder else not entry.is_file():
                        self.unknown(file + name, "neither a file nor a folder")
                        continue
                    found.append(_Entry(name, entry.path, file + name, is_folder))
        except OSError as error:
            self.report.error(
                "config.unreadable", f"the folder cannot be read: {error.strerror or error}", file=file.rstrip("/")
            )
        found.sort(key=lambda entry: entry.name)
        return found

    def unknown(self, file: str, message: str, hint: str = "") -> None:
        self.report.error("config.unknown-file", message, hint, file=_printable(file))

    def misplaced(self, entry: _Entry, known: tuple[str, ...]) -> None:
        hint = did_you_mean(entry.name, known, "possible here")
        if entry.name.endswith(".yml") and f"{entry.name[:-4]}.yaml" in known:
            hint = f"rename it to {entry.name[:-4]}.yaml"
        self.unknown(entry.file, f"{_printable(entry.name)} means nothing here", hint)

    def named(self, name: str, file: str) -> bool:
        """True for a name; reports one that is none."""
        if NAME.fullmatch(name):
            return True
        message = f"{_printable(name)!r} is no name: {NAME_RULE}"
        self.report.error("config.name", message, "rename it", file=_printable(file))
        return False

    def _inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        return real.startswith(self.real_root + os.sep)


def scan(config: Path, report: Report, *, workspaces: bool = True) -> Layout:
    """Gives every file of a config by what it is; reports those that are nothing. `workspaces` False leaves out what
    stands in them."""
    root = str(config.absolute())
    prefix = os.path.basename(root) + "/"  # noqa: PTH119 # a text is wanted, ten thousand times
    layout, scanner = Layout(root, prefix), _Scanner(root, report)
    for entry in scanner.entries(root, prefix):
        if entry.name == "engine.yaml" and not entry.is_folder:
            layout.engine = entry.path
        elif entry.name == "environments" and entry.is_folder:
            for inner, name in _yaml_files(scanner, entry):
                if scanner.named(name, inner.file):
                    layout.environments[name] = inner.path
        elif entry.name == "workspaces" and entry.is_folder:
            for inner in scanner.entries(entry.path, entry.file + "/"):
                if not inner.is_folder:
                    scanner.unknown(
                        inner.file, f"{_printable(inner.name)} means nothing here", "a workspace is a folder"
                    )
                elif scanner.named(inner.name, inner.file) and workspaces:
                    layout.workspaces[inner.name] = _workspace(scanner, inner)
        else:
            scanner.misplaced(entry, ("engine.yaml", "environments", "workspaces"))
    return layout


def _workspace(scanner: _Scanner, folder: _Entry) -> WorkspaceFolder:
    found = WorkspaceFolder(folder.name, folder.file + "/")
    for entry in scanner.entries(folder.path, found.prefix):
        if entry.name in WORKSPACE_FILES and not entry.is_folder:
            found.files[entry.name] = entry.path
        elif entry.name == "templates" and entry.is_folder:
            _templates(scanner, entry, "", found, 0)
        elif entry.name == "snippets" and entry.is_folder:
            for inner in scanner.entries(entry.path, entry.file + "/"):
                if inner.is_folder or not inner.name.endswith(".liquid"):
                    scanner.unknown(
                        inner.file, f"{_printable(inner.name)} is no snippet", "a snippet is a .liquid file"
                    )
                elif scanner.named(inner.name[:-7], inner.file):
                    found.snippets[inner.name[:-7]] = inner.path
        elif entry.name == "tests" and entry.is_folder:
            found.tests = {name: inner.path for inner, name in _yaml_files(scanner, entry)}
        else:
            scanner.misplaced(entry, (*WORKSPACE_FILES, *_WORKSPACE_FOLDERS))
    return found


def _yaml_files(scanner: _Scanner, folder: _Entry) -> list[tuple[_Entry, str]]:
    found = []
    for entry in scanner.entries(folder.path, folder.file + "/"):
        if entry.is_folder or not entry.name.endswith(".yaml"):
            hint = (
                f"rename it to {entry.name[:-4]}.yaml" if entry.name.endswith(".yml") else "only .yaml files stand here"
            )
            scanner.unknown(entry.file, f"{_printable(entry.name)} means nothing here", hint)
        else:
            found.append((entry, entry.name[:-5]))
    return found


def _templates(scanner: _Scanner, folder: _Entry, prefix: str, found: WorkspaceFolder, depth: int) -> None:
    for entry in scanner.entries(folder.path, folder.file + "/", depth):
        if entry.is_folder:
            if scanner.named(entry.name, entry.file):
                _templates(scanner, entry, f"{prefix}{entry.name}/", found, depth + 1)
        elif not entry.name.endswith(".liquid"):
            scanner.unknown(entry.file, f"{_printable(entry.name)} is no template", "a template is a .liquid file")
        else:
            stem, dot, language = entry.name[:-7].partition(".")
            if not scanner.named(stem, entry.file):
                continue
            if not dot:
                found.templates[prefix + stem] = entry.path
            elif LANGUAGE.fullmatch(language):
                found.languages.setdefault(prefix + stem, {})[language] = entry.path
            else:
                message = f"{_printable(language)!r} is no language"
                hint = "a translation is named like welcome.es.liquid or welcome.pt-BR.liquid"
                scanner.report.error("config.name", message, hint, file=_printable(entry.file))


def _printable(text: str) -> str:
    # A file name is bytes; what is no UTF-8 comes as lone surrogates, which no output can hold.
    return text.encode("utf-8", "replace").decode()
