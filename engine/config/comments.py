"""Where comments stand in a YAML text, and where they belong once it is indented anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from yaml.nodes import ScalarNode, SequenceNode

from engine.config.yamlfile import Document

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `alone` where nothing else stands on its line."""

    line: int
    column: int
    text: str
    alone: bool


def comments(document: Document) -> list[Comment]:
    """Gives the comments of a text, in order."""
    lines = [list(line) for line in document.text.split("\n")]
    for node in document.scalars():
        start, end = node.start_mark, node.end_mark
        is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
        # A comment may stand after the sign that a block begins with.
        for line in range(start.line + is_block, min(end.line, len(lines) - 1) + 1):
            first = start.column if line == start.line else 0
            last = end.column if line == end.line else len(lines[line])
            lines[line][first:last] = "x" * (last - first)
    found = []
    for number, characters in enumerate(lines):
        masked = "".join(characters)
        comment = _COMMENT.search(masked)
        if comment is not None:
            alone = not masked[: comment.start()].strip()
            found.append(Comment(number, comment.start(), comment[0].strip(), alone))
    return found


def words(document: Document) -> Counter[str]:
    """Counts the comments of a text by their words."""
    return Counter(comment.text for comment in comments(document))


def tidy(before: Document, after: Document) -> str:
    """Gives the text of `after`, the same lines indented anew, with each comment where it stood in `before`.

    A comment of its own line stands as deep as what follows it, or, at the end of a block, as what it follows. One
    behind a value stands one space from it. No more than one blank line is kept.
    """
    lines = after.text.split("\n")
    old, new = comments(before), comments(after)
    if len(old) == len(new):
        old_lines = before.text.split("\n")
        alone_old = {comment.line for comment in old if comment.alone}
        alone_new = {comment.line for comment in new if comment.alone}
        for was, now in zip(old, new, strict=True):
            if not now.alone:
                lines[now.line] = f"{lines[now.line][: now.column].rstrip()} {now.text}"
                continue
            below = _indent(old_lines, alone_old, range(was.line + 1, len(old_lines)))
            is_tail = was.alone and below is not None and was.column > below
            around = range(now.line - 1, -1, -1) if is_tail else range(now.line + 1, len(lines))
            lines[now.line] = " " * (_indent(lines, alone_new, around) or 0) + now.text
    in_scalar = _lines_of_blocks(after)
    kept: list[str] = []
    for number, line in enumerate(lines):
        if number in in_scalar or line.strip() or (kept and kept[-1].strip()):
            kept.append(line if number in in_scalar else line.rstrip())
    if isinstance(after.root, SequenceNode) and not after.root.flow_style:
        # ruamel indents a list at the top of a file as it does any other.
        kept = [line.removeprefix("  ") for line in kept]
    return "\n".join(kept)


def _indent(lines: Sequence[str], without: set[int], numbers: range) -> int | None:
    for number in numbers:
        if lines[number].strip() and number not in without:
            return len(lines[number]) - len(lines[number].lstrip())
    return None


def _lines_of_blocks(document: Document) -> set[int]:
    return {line for node in document.scalars() for line in _later_lines(node.start_mark.line, node.end_mark)}


def _later_lines(first: int, end: object) -> Iterator[int]:
    last = getattr(end, "line", first) - (getattr(end, "column", 1) == 0)
    yield from range(first + 1, last + 1)
