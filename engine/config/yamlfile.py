"""Reads YAML 1.2 at libyaml's speed, with the position of every key and value.

libyaml knows YAML 1.1. Its parser is used for structure alone; what a plain scalar is, is decided here by the core
schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), so that YES, NO and ON are words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode

from engine.config.text import Report, clean
from engine.config.yaml_nodes import end_of, scalars
from engine.types import Source

DEPTH = 20
"""No value may be nested deeper."""
EXACT = 2**53
"""Whole numbers beyond this lose digits in JSON's numbers (RFC 8259, section 6)."""

STR: Final = "str"
NULL: Final = "null"
BOOL: Final = "bool"
INT: Final = "int"
FLOAT: Final = "float"
TRAP: Final = "trap"
MAP: Final = "map"
SEQ: Final = "seq"

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), NULL),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), BOOL),
    **{sign + inf: FLOAT for sign in ("", "-", "+") for inf in (".inf", ".Inf", ".INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), FLOAT),
}
_NUMBER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LOSES = re.compile(r"\+|-?0[0-9]")
_WHOLE = re.compile(r"-?[0-9]+|0[ox].*")


def scalar_kind(text: str) -> str:
    """Gives what a plain scalar is: null, bool, int, float, str, or a number that reading would damage."""
    word = _WORDS.get(text)
    if word is not None:
        return word
    if text[0] not in "0123456789+-." or _NUMBER.fullmatch(text) is None:
        return STR
    if _LOSES.match(text):
        return TRAP
    return INT if _WHOLE.fullmatch(text) else FLOAT


class _TooDeep(yaml.YAMLError):
    """Raised before libyaml's recursion can reach the end of the stack."""


class _Composer(CParser):
    """libyaml's composer, asking us what scalars are."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        if kind is ScalarNode:
            return scalar_kind(value) if implicit[0] and value is not None else STR
        if self.depth > DEPTH:
            raise _TooDeep
        return MAP if kind is MappingNode else SEQ

    def descend_resolver(self, _parent: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > DEPTH + 1:
            raise _TooDeep

    def ascend_resolver(self) -> None:
        self.depth -= 1


class Document:
    """One YAML text: its nodes, its data, and where they stand."""

    __slots__ = ("broken", "data", "file", "first_line", "flagged", "report", "root", "text")

    def __init__(self, text: str, file: str, report: Report, *, first_line: int = 1) -> None:
        self.file = file
        self.text = text
        self.first_line = first_line
        self.report = report
        self.flagged: set[int] = set()
        """Nodes (by id) that already have a finding, so that they get no second one."""
        self.broken = False
        self.root: Node | None = None
        self.data: Any = None
        text = clean(text, file, report, first_line=first_line)
        self.root = self._compose(text)
        if self.root is not None:
            if "*" in text or "&" in text:
                self._check_aliases(text)
            self.data = self.value(self.root)

    def value(self, node: Node) -> Any:
        """Gives the plain data that a node is, reporting what YAML would damage."""
        tag = node.tag
        if tag is STR:
            return node.value
        if tag is MAP:
            out = {}
            for key_node, value_node in node.value:
                key = key_node.value if key_node.tag is STR else self._odd_key(key_node)
                if key in out:
                    self.flag(key_node, "yaml.duplicate-key", f"the key {key!r} stands here twice", "keep one of them")
                    self.value(value_node)
                    continue
                value_tag = value_node.tag
                out[key] = value_node.value if value_tag is STR else self.value(value_node)
            return out
        if tag is SEQ:
            return [self.value(item) for item in node.value]
        return self._scalar(node, tag)

    def source(self, node: Node) -> Source:
        """Gives where a node stands. Marks of nodes from another file carry that file's name."""
        start, (line, column) = node.start_mark, end_of(node)
        file, first = (self.file, self.first_line) if start.name == _UNNAMED else (start.name, 1)
        return Source(file, start.line + first, start.column + 1, line + first, column + 1)

    def place(self, node: Node | None) -> dict[str, Any]:
        """Gives a node's place as the fields of a finding; the top of the file where there is none."""
        if node is None:
            return {"file": self.file, "line": self.first_line, "column": 1}
        source = self.source(node)
        return {
            "file": source.file,
            "line": source.line,
            "column": source.column,
            "end_line": source.end_line,
            "end_column": source.end_column,
        }

    def scalar_at(self, line: int, column: int) -> Node | None:
        """Gives the scalar that covers a position of this file."""
        spot = (line - self.first_line, column - 1)
        for node in self.scalars():
            start, end = node.start_mark, node.end_mark
            if (start.line, start.column) <= spot < (end.line, end.column):
                return node
        return None

    def scalars(self) -> Iterator[Node]:
        """Gives every scalar, keys too, in the order of the text."""
        return scalars(self.root)

    def flag(self, node: Node, code: str, message: str, hint: str = "", **more: Any) -> None:
        """Reports an error at a node, once."""
        if id(node) not in self.flagged:
            self.flagged.add(id(node))
            self.report.error(code, message, hint, **self.place(node), **more)

    def _compose(self, text: str) -> Node | None:
        try:
            node = _Composer(text).get_single_node()
        except _TooDeep:
            self._broken(*_first_too_deep(text), "yaml.too-deep", f"more than {DEPTH} levels of nesting", "flatten it")
        except RecursionError:
            self._broken(0, 0, "yaml.too-deep", f"more than {DEPTH} levels of nesting", "flatten it")
        except yaml.MarkedYAMLError as error:
            self._syntax(error, text)
        except yaml.YAMLError as error:
            self._broken(0, 0, "yaml.syntax", f"not YAML: {error}", "")
        else:
            return node
        return None

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        problem = error.problem or "it cannot be read"
        mark = error.problem_mark or error.context_mark
        if mark is not None and error.context_mark is not None and mark.index >= len(text.rstrip()):
            # What is not closed is noticed at the end of the file; it is wrong where it begins.
            mark = error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        if "undefined alias" in problem:
            self._check_aliases(text)
            return
        if "another document" in problem:
            self._broken(line, column, "yaml.documents", "a second document begins here", "take out the line `---`", 3)
            return
        hint = ""
        lines = text.split("\n")
        if line < len(lines) and "\t" in lines[line][: column + 1]:
            hint = "indent with spaces: YAML allows no tabs there"
        elif "mapping values" in problem:
            hint = "quote a text that has a colon and a space in it"
        elif line < len(lines) and lines[line][max(column - 1, 0) : column + 1] == "${":
            hint = 'quote a variable inside of { } and [ ]: "${NAME}"'
        elif "cannot start any token" in problem:
            hint = "quote a text that begins with @, ` or %"
        context = f", {error.context}" if error.context else ""
        if error.context and error.context_mark is not None and error.context_mark.line != line:
            context += f" that begins on line {error.context_mark.line + self.first_line}"
        self._broken(line, column, "yaml.syntax", f"not YAML: {problem}{context}", hint)

    def _broken(self, line: int, column: int, code: str, message: str, hint: str, width: int = 1) -> None:
        self.broken = True
        line, column = line + self.first_line, column + 1
        self.report.error(
            code, message, hint, file=self.file, line=line, column=column, end_line=line, end_column=column + width
        )

    def _check_aliases(self, text: str) -> None:
        found = False
        for event in _events(text):
            if getattr(event, "anchor", None) is None:
                continue
            is_alias = isinstance(event, yaml.AliasEvent)
            what, sign = ("alias", "*") if is_alias else ("anchor", "&")
            hint = "write the value out; quote a text that begins with `*`" if is_alias else "take it out"
            width = len(event.anchor) + 1
            place = (event.start_mark.line, event.start_mark.column)
            self._broken(
                *place, "yaml.alias", f"the {what} {sign}{event.anchor} is not part of this format", hint, width
            )
            found = True
        if found:
            # An alias shares its anchor's nodes: the data of a few lines can be larger than memory.
            self.root = ScalarNode(NULL, "", self.root.start_mark, self.root.start_mark) if self.root else None

    def _odd_key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            self.flag(node, "yaml.key", "a key must be a text, not a list or mapping", "a text in {{ }} needs quotes")
            return ""
        self.flag(node, "yaml.key", f"the key {node.value!r} is no text", f'quote it: "{node.value}"')
        return str(node.value)

    def _scalar(self, node: Node, tag: str) -> Any:
        text = node.value
        if tag is NULL:
            return None
        if tag is BOOL:
            return text[0] in "tT"
        if tag is INT:
            number = int(text, 0) if text[:2] in ("0o", "0x") else int(text) if len(text) < 18 else EXACT + 1
            if -EXACT <= number <= EXACT:
                return number
            self._unquoted(node, "is too long for a number: its digits would change")
            return text
        if tag is FLOAT:
            value = float(text.replace(".inf", "inf").replace(".nan", "nan")) if text not in _WORDS else math.inf
            if math.isfinite(value):
                return value
            self.flag(node, "yaml.number", f"{text} is not a number that can be stored", f'quote a text: "{text}"')
            return text
        if tag is TRAP:
            self._unquoted(node, "would be read as a number and lose its sign or zeros")
            return text
        self.flag(node, "yaml.tag", f"the tag {tag} is not part of this format", "take it out; quote what is a text")
        return text if isinstance(node, ScalarNode) else None

    def _unquoted(self, node: Node, what: str) -> None:
        self.flag(node, "yaml.unquoted-number", f"{node.value} {what}", f'quote it: "{node.value}"')


_UNNAMED = "<unicode string>"
"""What PyYAML calls a text that came from no file."""


def _first_too_deep(text: str) -> tuple[int, int]:
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH:
            return event.start_mark.line, event.start_mark.column
    return 0, 0


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return
