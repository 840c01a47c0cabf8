"""Where every object and field of the config stands. Looked up when somebody asks, since few ever do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode

from engine.config.yaml_nodes import find
from engine.config.yamlfile import Document
from engine.types import Source


@dataclass(frozen=True, slots=True)
class Written:
    """Where a value is set, and the text that stands there; None where it is no single text."""

    source: Source
    text: str | None = None


class Sources(Mapping[str, Source]):
    """Address (`acme/sender/x`), or address and dotted field (`acme/sender/x#number`) → where it stands."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[Document, Node | None, Node | None]] = {}
        self._fixed: dict[str, Source] = {}
        self._translations: dict[tuple[str, str], Document] = {}
        self._later: dict[str, Callable[[], None]] = {}
        self._later_in: dict[str, str] = {}

    def add(self, address: str, document: Document, *, node: Node | None = None, key: Node | None = None) -> None:
        """Notes an object: its node (the whole document's without one) and the key that it stands at."""
        self._objects[address] = (document, node if node is not None else document.root, key)

    def fix(self, address: str, source: Source) -> None:
        """Notes the place of what is no YAML: the body of a template."""
        self._fixed[address] = source

    def add_translation(self, address: str, language: str, document: Document) -> None:
        """Notes the front matter of a template's translation."""
        self._translations[address, language] = document

    def add_later(self, address: str, files: Collection[str], note: Callable[[], None]) -> None:
        """Notes that `note` adds an object, which stands in these files, once somebody asks for it. One that is there
        already is forgotten until then."""
        self._objects.pop(address, None)
        self._later[address] = note
        self._later_in.update(dict.fromkeys(files, address))

    def written(self, address: str, path: Sequence[str]) -> Written | None:
        """Gives where the value of a field is set, None where nothing sets it. A value that is written shorter than it
        is, such as `3/24h`, is set where that stands."""
        self._resolve(address)
        fixed = self._fixed.get(f"{address}#{'.'.join(path)}")
        if fixed is not None:
            return Written(fixed)
        if len(path) > 1 and path[0] == "languages":
            translation = self._translations.get((address, path[1]))
            if translation is not None:
                return _written(translation, translation.root, path[2:])
        if address not in self._objects:
            return Written(self._fixed[address]) if address in self._fixed else None
        document, node, _ = self._objects[address]
        return _written(document, node, path)

    def address_at(self, file: str, line: int, column: int) -> str | None:
        """Gives the object that covers a place of a file; None where none does."""
        self._resolve(self._later_in.get(file))
        for address, (document, node, key) in self._objects.items():
            if document.file == file and node is not None:
                start, end = document.source(key or node), document.source(node)
                first, last = (start.line, start.column), (end.end_line or 0, end.end_column or 0)
                if key is None or (end.file == file and first <= (line, column) <= last):
                    return address
        return None

    def __getitem__(self, address: str) -> Source:
        name, mark, field = address.partition("#")
        self._resolve(name)
        if address in self._fixed:
            return self._fixed[address]
        while mark and name not in self._objects:
            more, mark, field = field.partition("#")  # a name that is none may have one in it
            name = f"{name}#{more}"
        document, node, key = self._objects[name]
        if not field:
            if key is not None:
                return document.source(key)
            return Source(document.file, 1)
        found = self._walk(node, field)
        if found is None:
            raise KeyError(address)
        return document.source(found)

    def __iter__(self) -> Iterator[str]:
        for address in list(self._later):
            self._resolve(address)
        yield from self._fixed
        for address, (_, node, _) in self._objects.items():
            if address not in self._fixed:
                yield address
            yield from (f"{address}#{field}" for field in _fields(node))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _resolve(self, address: str | None) -> None:
        note = self._later.pop(address, None) if address is not None else None
        if note is not None:
            note()

    @staticmethod
    def _walk(node: Node | None, field: str) -> Node | None:
        for part in field.split("."):
            step = int(part) if part.isdigit() and not isinstance(node, MappingNode) else part
            below, _ = find(node, [step])
            if below is None or below is node:
                return None
            node = below
        return node


def _written(document: Document, node: Node | None, path: Sequence[str]) -> Written | None:
    for step in path:
        if not isinstance(node, MappingNode):
            break
        below, key = find(node, [step])
        if key is None:
            return None
        node = below
    if node is None:
        return None
    return Written(document.source(node), node.value if isinstance(node, ScalarNode) else None)


def _fields(node: Node | None, prefix: str = "") -> Iterator[str]:
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if isinstance(key_node.value, str) and "." not in key_node.value:
                name = prefix + key_node.value
                yield name
                yield from _fields(value_node, f"{name}.")
