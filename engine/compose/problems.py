"""What keeps a text from being parsed, in the words of whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liquid.exceptions import BlockNestingError, LiquidError

from engine.compose.budget import DEPTH
from engine.compose.environment import MessageEnvironment
from engine.compose.tags import INSTEAD, REFUSED
from engine.names import did_you_mean

_TAG = re.compile(r"\{%-?\s*(\w+)")
_UNKNOWN_TAG = re.compile(r"unexpected tag '(.*)'")
_UNCLOSED = re.compile(r"expected tag end(\w+), found .*")
_FOUND_END = re.compile(r"(.*), found end of expression")
_RESERVED = re.compile(r"expected an identifier, found ([a-z]+)")
_NO_FILTER = re.compile(r"expected word, found (limit|contains|offset|reversed|for|with|in|as|if|else|and|or|not)")
_INSTEAD_OF_FILTER = {
    "limit": "cut a list with slice: 0, 3",
    "contains": "it stands in conditions: {% if a contains 'b' %}",
}
_PSEUDO_TAGS = ("illegal", "content", "output", "comment", "doc")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a text; `start` and `end` are indexes into it."""

    code: str
    message: str
    hint: str
    start: int
    end: int


def problems(environment: MessageEnvironment, source: str) -> list[Problem]:
    """Gives everything that keeps a text from being parsed."""
    found = [_problem(environment, source, error) for error in environment.problems_of(source)]
    unknown = {problem.message for problem in found}
    too_deep = min((one.start for one in found if one.code == "template.too-deep"), default=len(source))
    return [one for one in found if not _closes_another(one, unknown) and not _is_left_over(one, too_deep)]


def _problem(environment: MessageEnvironment, source: str, error: LiquidError) -> Problem:
    words, token = str(error.message), error.token
    start = token.start_index if token is not None and 0 <= token.start_index <= len(source) else len(source)
    end = start + max(len(token.value) if token is not None else 0, 1)
    tag = _UNKNOWN_TAG.fullmatch(words)
    if tag:
        return Problem("template.unknown-tag", _no_tag(tag[1]), _hint(environment, tag[1]), start, start + len(tag[1]))
    if isinstance(error, BlockNestingError):
        return Problem("template.too-deep", f"tags stand inside of tags more than {DEPTH} deep", "", start, end)
    unclosed = _UNCLOSED.fullmatch(words)
    if unclosed:
        name, opened = unclosed[1], _last_open(source, unclosed[1])
        place = (opened, opened + len(name)) if opened is not None else (start, end)
        return Problem("template.syntax", f"{{% {name} %}} is not closed", f"end it with {{% end{name} %}}", *place)
    if "'else' tag expression" in words:
        hint = "write {% elsif … %} for another condition; {% else %} takes none"
        return Problem("template.syntax", "else takes no condition", hint, start, end)
    if words == "missing tag name or closing delimiter":
        return Problem("template.syntax", "this tag has no name, or no %} at its end", "", start, end)
    if words == "expected '}}', found end of file":
        return Problem("template.syntax", "this {{ has no }}", "", start, end)
    reserved = _RESERVED.fullmatch(words)
    if reserved:
        message = f"{reserved[1]} is a word of Liquid, and no name behind a dot"
        return Problem("template.syntax", message, f"write it in brackets: ['{reserved[1]}']", start, end)
    word = _NO_FILTER.fullmatch(words)
    if word:
        hint = _INSTEAD_OF_FILTER.get(word[1], "")
        return Problem("template.syntax", f"{word[1]} is a word of Liquid, and no filter", hint, start, end)
    ending = _FOUND_END.fullmatch(words)
    return Problem("template.syntax", f"{ending[1]}, found nothing" if ending else words, "", start, end)


def _no_tag(name: str) -> str:
    return f"{{% {name} %}} is not available" if name in REFUSED else f"there is no tag {name!r}"


def _hint(environment: MessageEnvironment, name: str) -> str:
    if name in REFUSED:
        return REFUSED[name]
    if name in INSTEAD:
        return INSTEAD[name]
    if name.startswith("end") and name.removeprefix("end") in environment.tags:
        return f"nothing is open here that {name} could close"
    return did_you_mean(name, [tag for tag in environment.tags if tag not in (*_PSEUDO_TAGS, *REFUSED)])


def _closes_another(problem: Problem, messages: set[str]) -> bool:
    found = re.fullmatch(r"there is no tag 'end(\w+)'", problem.message)
    return found is not None and _no_tag(found[1]) in messages


def _is_left_over(problem: Problem, too_deep: int) -> bool:
    """True for what closes or continues a tag that was not read, since it stands too deep."""
    found = re.fullmatch(r"there is no tag '(end\w+|else|elsif|when)'", problem.message)
    return found is not None and problem.start > too_deep


def _last_open(source: str, name: str) -> int | None:
    open_at: list[int] = []
    for tag, index in _tags(source):
        if tag == name:
            open_at.append(index)
        elif tag == f"end{name}" and open_at:
            open_at.pop()
    return open_at[-1] if open_at else None


def _tags(source: str) -> Iterator[tuple[str, int]]:
    for found in _TAG.finditer(source):
        yield found[1], found.start(1)
