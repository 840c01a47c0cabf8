"""What a check of a template found, kept until something changes that the finding hangs on.

Kept by the template's files and by all that the whole workspace shares: the engine's settings, the workspace's, its
senders. A template's row names the snippets that it renders and the people that its samples show, and holds only as
long as these are the same. Templates with errors are kept never, nor are those that ask what time it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from engine.config.cache import Cache
from engine.config.lazy import plain_of
from engine.config.models import Project
from engine.types import Finding, Json, Severity

_Names = tuple[str, ...]


class Kept:
    """The findings of one workspace's templates and snippets, as far as they are known."""

    def __init__(self, cache: Cache, project: Project, name: str, *, compose_samples: bool) -> None:
        workspace = project.workspaces[name]
        self._cache = cache
        self._workspace = workspace
        shared: Json = {
            "name": name,
            "engine": plain_of(project.engine, {"state"}),
            "settings": plain_of(workspace.settings),
            "senders": {key: plain_of(value) for key, value in workspace.senders.items()},
            "samples": compose_samples,
        }
        self._scope = _digest(shared)
        self._snippets_scope = _digest([name, *workspace.snippets])
        self._digests: dict[tuple[_Names, _Names | None], str] = {}
        self._known: dict[str, list[Finding] | None] = {}
        self._read: dict[str, list[Finding] | None] = {}

    def template(self, name: str) -> list[Finding] | None:
        """Gives what was found in a template; None where that is not known."""
        if name not in self._known:
            self._known[name] = self._template(name)
        return self._known[name]

    def keep_template(self, name: str, findings: Iterable[Finding], snippets: Iterable[str]) -> None:
        """Keeps what was found in a template that renders these snippets, directly or through others."""
        key = self._workspace.templates.key(name)
        if key is None:
            return
        samples = self._workspace.templates.plain(name)["samples"]
        used = tuple(sorted(snippets))
        people = None if samples is None else tuple(sorted({one["person"] or "" for one in samples}))
        rows: list[Json] = [_row(finding) for finding in findings]
        row: Json = [list(used), None if people is None else list(people), self._digest_of(used, people), rows]
        self._cache.put(f"{key}:{self._scope}", row)

    def is_clean(self, snippet: str) -> bool:
        """True where nothing was found in a snippet."""
        return self._cache.get(self._snippet(snippet)) is not None

    def keep_clean(self, snippet: str) -> None:
        """Keeps that nothing was found in a snippet."""
        self._cache.put(self._snippet(snippet), True)

    def _template(self, name: str) -> list[Finding] | None:
        key = self._workspace.templates.key(name)
        row = self._cache.text(f"{key}:{self._scope}") if key is not None else None
        if row is None:
            return None
        # Most templates hang on the same few things and have no findings: their rows are alike.
        if row not in self._read:
            self._read[row] = self._findings(*json.loads(row))
        return self._read[row]

    def _findings(
        self, snippets: list[str], people: list[str] | None, digest: str, findings: list[list[Any]]
    ) -> list[Finding] | None:
        if self._digest_of(tuple(snippets), None if people is None else tuple(people)) != digest:
            return None
        return [Finding(code, Severity(severity), *rest) for code, severity, *rest in findings]

    def _snippet(self, name: str) -> str:
        # Whether a snippet that it renders is there shows in the names of all.
        return _digest([self._snippets_scope, name, self._workspace.snippets[name]])

    def _digest_of(self, snippets: _Names, people: _Names | None) -> str:
        """Gives the digest of what a template hangs on; most templates hang on the same few things."""
        found = self._digests.get((snippets, people))
        if found is None:
            texts = {name: self._workspace.snippets.get(name) for name in snippets}
            everybody = self._workspace.people
            shown = everybody if people is None else {name: everybody.get(name) for name in people}
            found = self._digests[snippets, people] = _digest([texts, list(shown.items())])
        return found


def _row(finding: Finding) -> list[Json]:
    return [
        finding.code,
        str(finding.severity),
        finding.message,
        finding.hint,
        finding.file,
        finding.line,
        finding.column,
        finding.end_line,
        finding.end_column,
        finding.address,
    ]


def _digest(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
