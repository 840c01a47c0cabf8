"""Ways through the nodes of a YAML text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode


def find(root: Node | None, path: Sequence[str | int]) -> tuple[Node | None, Node | None]:
    """Gives the node at a path, or the deepest that exists on the way, and the key that it stands at."""
    node, key = root, None
    for step in path:
        if isinstance(node, MappingNode):
            for key_node, value_node in node.value:
                if key_node.value == step:
                    key, node = key_node, value_node
                    break
            else:
                break
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        elif isinstance(step, str) and step.endswith("]"):
            continue
        else:
            break
    return node, key


def name_marks(node: Node, file: str) -> None:
    """Writes a file's name into the marks of a node and all below it, so that it may move into another tree."""
    mark = node.start_mark
    node.start_mark = yaml.Mark(file, mark.index, mark.line, mark.column, None, 0)
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            name_marks(key_node, file)
            name_marks(value_node, file)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            name_marks(item, file)


def scalars(node: Node | None) -> Iterator[Node]:
    """Gives every scalar below a node, keys too, in the order of the text."""
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            yield from scalars(key_node)
            yield from scalars(value_node)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from scalars(item)
    elif node is not None:
        yield node


def end_of(node: Node) -> tuple[int, int]:
    """Gives the line and column at which a node ends, from 0."""
    # libyaml ends a block collection where the next thing begins; people end it where its last value ends.
    while isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node.end_mark.line, node.end_mark.column
