"""Environments: `{engine: {…}, workspaces: {acme: {…}}}`, laid over engine.yaml and each workspace.yaml.

Mappings merge deeply, lists and everything else replace. A `delivery` with another provider replaces the whole of it,
since the options of one provider mean nothing to another. Values keep the place where they are written.
"""

from __future__ import annotations

from collections.abc import Collection

from yaml.nodes import MappingNode, Node

from engine.config.explain import Checker, did_you_mean
from engine.config.text import Report
from engine.config.yaml_nodes import find, name_marks
from engine.config.yamlfile import MAP, Document


class Overlay:
    """One environment's file."""

    def __init__(self, name: str, document: Document) -> None:
        self.name = name
        self.document = document
        if document.root is not None:
            name_marks(document.root, document.file)

    def part(self, *path: str) -> Node | None:
        """Gives what it lays over engine.yaml (`engine`) or a workspace (`workspaces`, name)."""
        node = self.document.root
        for step in path:
            if not isinstance(node, MappingNode):
                return None
            node = next((value for key, value in node.value if key.value == step), None)
        return node if isinstance(node, MappingNode) else None

    def check(self, workspaces: Collection[str]) -> None:
        """Reports what is no environment: other keys, other shapes, workspaces that do not exist."""
        checker, data = Checker(self.document), self.document.data
        if data is None:
            return
        if not isinstance(data, dict):
            checker.at((), "config.type", "an environment must be a mapping with engine and workspaces")
            return
        for key, value in data.items():
            if key not in ("engine", "workspaces"):
                hint = did_you_mean(key, ("engine", "workspaces"), "possible here")
                checker.at((key,), "config.unknown-key", f"unknown key {key!r}", hint, key=True)
            elif value is not None and not isinstance(value, dict):
                checker.at((key,), "config.type", f"{key!r} must be a mapping of keys to values")
        inner = data.get("workspaces")
        for name, value in inner.items() if isinstance(inner, dict) else ():
            if name not in workspaces:
                hint = did_you_mean(name, workspaces)
                checker.at(("workspaces", name), "ref.unknown-workspace", f"no workspace {name!r}", hint, key=True)
            elif value is not None and not isinstance(value, dict):
                checker.at(("workspaces", name), "config.type", f"{name!r} must be a mapping of keys to values")


def merged(base: Document, over: Node | None) -> Document:
    """Gives a document with another tree laid over it. Its values know which file they come from."""
    if over is None or not isinstance(base.root, MappingNode | None):
        return base
    document = Document("", base.file, Report())
    document.text, document.report, document.broken = base.text, base.report, base.broken
    document.root = _merge(base.root, over) if base.root is not None else over
    # What YAML would damage was reported when the files were read.
    document.report = Report()
    document.data = document.value(document.root)
    document.report = base.report
    document.flagged |= base.flagged
    return document


def _merge(base: Node, over: Node, key: str = "") -> Node:
    if not isinstance(base, MappingNode) or not isinstance(over, MappingNode):
        return over
    if key == "delivery" and _provider(over) not in (None, _provider(base)):
        return over
    laid = {key_node.value: (key_node, value) for key_node, value in over.value if isinstance(key_node.value, str)}
    pairs = []
    for key_node, value in base.value:
        known = laid.pop(key_node.value, None) if isinstance(key_node.value, str) else None
        pairs.append((key_node, value) if known is None else (known[0], _merge(value, known[1], key_node.value)))
    pairs += laid.values()
    # Flow style: it ends where it says, not where its last value does, which may stand in another file.
    return MappingNode(MAP, pairs, base.start_mark, base.end_mark, True)


def _provider(node: Node) -> str | None:
    found, key = find(node, ["provider"])
    return found.value if key is not None and found is not None else None
