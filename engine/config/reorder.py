"""Puts the keys of a YAML text into the order of the models, moving whole lines, so that comments move with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from yaml.nodes import MappingNode, Node, SequenceNode

from engine.config.explain import keys_of

Shape = type[BaseModel] | Mapping[str, Any] | None
"""A model; or shapes by key, `*` standing for every other; or None where nothing is known of the order."""

_COMMENT = re.compile(r"\s*#")


def keys_in_order(shape: Shape) -> list[str]:
    """Gives the keys that come first, in their order."""
    if isinstance(shape, Mapping):
        return [key for key in shape if key != "*"]
    return keys_of(shape) if shape is not None else []


def shape_below(shape: Shape, key: str) -> Shape:
    """Gives the shape of what stands at a key."""
    if isinstance(shape, Mapping):
        found: Shape = shape.get(key, shape.get("*"))
        return found
    if shape is None:
        return None
    for name, field in shape.model_fields.items():
        if key in (name, field.alias):
            return _shape_of(field.annotation)
    return None


def reordered(text: str, root: Node | None, shape: Shape) -> str:
    """Gives the text with its block mappings in order. `root` is the text's tree."""
    lines = text.split("\n")
    if not isinstance(root, MappingNode | SequenceNode) or root.flow_style or not root.value:
        return text
    head = _first_line_of_block(lines, root.start_mark.line, 0)
    return "\n".join(lines[:head] + _collection(lines, root, shape, head, len(lines)))


def _collection(lines: Sequence[str], node: Node, shape: Shape, start: int, end: int) -> list[str]:
    """Gives lines[start:end], which hold a block collection from its first comments on, in order."""
    if shape is None or not isinstance(node, MappingNode | SequenceNode) or node.flow_style or not node.value:
        return list(lines[start:end])
    if node.start_mark.line < start:
        return list(lines[start:end])
    return (
        _sequence(lines, node, shape, start, end)
        if isinstance(node, SequenceNode)
        else _mapping(lines, node, shape, start, end)
    )


def _mapping(lines: Sequence[str], node: MappingNode, shape: Shape, start: int, end: int) -> list[str]:
    indent = node.value[0][0].start_mark.column
    starts, last = _blocks(lines, [key.start_mark.line for key, _ in node.value], indent, start, end)
    blocks = []
    for (key, value), first, after in zip(node.value, starts, [*starts[1:], last], strict=True):
        line = key.start_mark.line
        below = _collection(lines, value, shape_below(shape, key.value), line + 1, after)
        blocks.append((key.value, [*lines[first : line + 1], *below]))
    rank = {key: index for index, key in enumerate(keys_in_order(shape))}
    blocks.sort(key=lambda block: rank.get(block[0], len(rank)))
    return [line for _, block in blocks for line in block] + list(lines[last:end])


def _sequence(lines: Sequence[str], node: SequenceNode, shape: Shape, start: int, end: int) -> list[str]:
    indent = node.start_mark.column
    starts, last = _blocks(lines, [item.start_mark.line for item in node.value], indent, start, end)
    found: list[str] = []
    for item, first, after in zip(node.value, starts, [*starts[1:], last], strict=True):
        line = item.start_mark.line
        if not isinstance(item, MappingNode) or item.flow_style or not lines[line][indent:].startswith("- "):
            found += lines[first:after]
            continue
        # Without its dash an item is a mapping like any other; the dash then goes before whatever key came first.
        bare = [*lines[:line], lines[line][:indent] + " " + lines[line][indent + 1 :], *lines[line + 1 :]]
        inner = _mapping(bare, item, shape, line, after)
        dash = next(index for index, text in enumerate(inner) if text.strip() and not _COMMENT.match(text))
        inner[dash] = inner[dash][:indent] + "-" + inner[dash][indent + 1 :]
        found += [*lines[first:line], *inner]
    return found + list(lines[last:end])


def _blocks(lines: Sequence[str], content: Sequence[int], indent: int, start: int, end: int) -> tuple[list[int], int]:
    """Gives the first line of each block, with the comments above it, and the line after the last."""
    starts = [start]
    for before, line in pairwise(content):
        starts.append(_first_line_of_block(lines, line, before + 1, indent))
    last = end
    while last > content[-1] + 1 and (not lines[last - 1].strip() or _is_comment_at(lines[last - 1], indent)):
        last -= 1
    return starts, last


def _first_line_of_block(lines: Sequence[str], line: int, lowest: int, indent: int = 0) -> int:
    """Gives the first of the comment and blank lines that belong to the key on a line."""
    first = line
    while first > lowest and (not lines[first - 1].strip() or _is_comment_at(lines[first - 1], indent)):
        first -= 1
    if lowest == 0:
        # What stands at the top of a file, apart from its first key by a blank line, is about the file.
        blanks = [index for index in range(first, line) if not lines[index].strip()]
        first = blanks[-1] + 1 if blanks else first
    return first


def _is_comment_at(line: str, indent: int) -> bool:
    return _COMMENT.match(line) is not None and len(line) - len(line.lstrip()) <= indent


def _shape_of(annotation: Any) -> Shape:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    below = [shape for shape in map(_shape_of, get_args(annotation)) if shape is not None]
    if not below:
        return None
    return {"*": below[0]} if get_origin(annotation) is dict else below[0]
