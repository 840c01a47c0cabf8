"""The canonical form of the config's YAML: keys in the order of the models, two spaces, double quotes; comments stay.

ruamel.yaml writes it, from the tree of nodes with their comments, so that every scalar stays as it was written.
"""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import nodes as tree
from ruamel.yaml.error import YAMLError

from engine.config.comments import tidy, words
from engine.config.conversations import Conversation
from engine.config.models import EngineConfig, KeywordsFile, PeopleFile, SendersFile, Template
from engine.config.reorder import Shape, keys_in_order, reordered, shape_below
from engine.config.settings_models import WorkspaceConfig
from engine.config.text import Report
from engine.config.yamlfile import Document
from engine.types import Finding

SHAPES: dict[str, Shape] = {
    "engine": EngineConfig,
    "environment": {"engine": EngineConfig, "workspaces": {"*": WorkspaceConfig}},
    "workspace": WorkspaceConfig,
    "senders": SendersFile,
    "keywords": KeywordsFile,
    "people": PeopleFile,
    # What a template is for comes first; in the model, what its translations share does.
    "template": {key: shape_below(Template, key) for key in ("description", "purpose", *Template.model_fields)},
    "tests": Conversation,
}
"""Kind of file → the shape that orders its keys."""

_ROUNDS = 4
"""ruamel moves some comments once more when it reads its own output; it comes to rest in two rounds."""


class NotFormatted(Exception):
    """A text that cannot be formatted, since it has findings. `findings` holds them."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


def format_yaml(text: str, kind: str, *, file: str = "", first_line: int = 1) -> str:
    """Gives the canonical form of a YAML text of a kind: the same again gives the same, and it means the same.

    Raises NotFormatted where the text has findings. A text whose meaning would change stays as it is.
    """
    report = Report()
    document = Document(text, file, report, first_line=first_line)
    if report.findings:
        raise NotFormatted(report.findings)
    if document.root is None:
        return _ended(text)
    now, seen = text, set()
    for _ in range(_ROUNDS):
        seen.add(now)
        after = _once(now, SHAPES[kind], document)
        if after is None:
            return text
        if after == now:
            return now
        now = after
    return text


def format_liquid(text: str, *, file: str = "") -> str:
    """Gives a template with its front matter in canonical form, and its body untouched. Raises NotFormatted."""
    end = text.find("\n---\n", 3)
    if not text.startswith("---\n") or end < 0:
        return text
    front, rest = text[4 : end + 1], text[end + 1 :]
    return f"---\n{format_yaml(front, 'template', file=file, first_line=2) if front.strip() else front}{rest}"


def _once(text: str, shape: Shape, document: Document) -> str | None:
    try:
        moved = reordered(text, Document(text, "", Report()).root, shape)
        written = _written(moved, shape)
        after = _ended(tidy(Document(moved, "", Report()), Document(written, "", Report())))
    except (YAMLError, AttributeError, TypeError, ValueError):
        # ruamel refuses some of what libyaml reads, such as a key without a space after its colon in flow style.
        return None
    report = Report()
    again = Document(after, "", report)
    same = not report.findings and _ordered(again.data, shape) == _ordered(document.data, shape)
    return after if same and words(again) == words(document) else None


def _written(text: str, shape: Shape) -> str:
    writer = YAML()
    writer.width = 1 << 20
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    node = writer.compose(text)
    _canonical(node, shape)
    stream = io.StringIO()
    writer.serialize(node, stream)
    return _ended(stream.getvalue())


def _canonical(node: Any, shape: Shape) -> None:
    if isinstance(node, tree.MappingNode):
        if node.flow_style and not _has_comments(node):
            rank = {key: index for index, key in enumerate(keys_in_order(shape))}
            node.value.sort(key=lambda pair: rank.get(pair[0].value, len(rank)))
        for key, value in node.value:
            _canonical(key, None)
            _canonical(value, shape_below(shape, key.value))
    elif isinstance(node, tree.SequenceNode):
        for item in node.value:
            _canonical(item, shape if not isinstance(shape, dict) else None)
    elif node.style == "'" and not any(character in node.value for character in '"\\\n'):
        node.style = '"'


def _has_comments(node: Any) -> bool:
    if node.comment:
        return True
    if isinstance(node, tree.MappingNode):
        return any(_has_comments(key) or _has_comments(value) for key, value in node.value)
    return isinstance(node, tree.SequenceNode) and any(_has_comments(item) for item in node.value)


def _ordered(data: Any, shape: Shape) -> Any:
    """Data as a value in which the order of names counts and the order of fields does not."""
    if isinstance(data, dict):
        fields = keys_in_order(shape)
        known = {key: _ordered(data[key], shape_below(shape, key)) for key in fields if key in data}
        rest = [(key, _ordered(value, shape_below(shape, key))) for key, value in data.items() if key not in fields]
        return known, rest
    if isinstance(data, list):
        return [_ordered(item, shape if not isinstance(shape, dict) else None) for item in data]
    return type(data), data


def _ended(text: str) -> str:
    stripped = text.rstrip().lstrip("\n")
    return f"{stripped}\n" if stripped else ""
