"""People from JSON: one object a line (NDJSON), an array of objects, or objects one after the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from engine.audience.rows import MOST_BYTES, Rejection, Row
from engine.audience.text import lines, pieces
from engine.errors import UsageError
from engine.types import Json

_SPACE = re.compile(r"[ \t\r\n]*")
_DEEPEST = 20


def read_ndjson(stream: BinaryIO, name: str) -> Iterator[Row | Rejection]:
    """Gives the records of a file with one JSON object a line; a line that is not one is rejected alone."""
    decoder = _decoder()
    number = 0
    for line in lines(stream, name):
        text = line.strip(" \t\r\n")
        if not text:
            continue
        number += 1
        try:
            value = decoder.decode(text)
        except json.JSONDecodeError as error:
            yield Rejection(number, "", "row.not-json", f"column {error.colno}: {error.msg}")
        except (ValueError, RecursionError) as error:
            yield Rejection(number, "", "row.not-json", _why(error))
        else:
            yield _record(number, value)


def read_json(stream: BinaryIO, name: str) -> Iterator[Row | Rejection]:
    """Gives the objects of a JSON array, or of a series of objects, as they are read: never the whole file at once.

    Raises UsageError where the text stops being JSON; nobody can tell where the next object would begin.
    """
    text = _Window(pieces(stream, name), name)
    number = 0
    if text.peek() != "[":
        while text.peek():
            number += 1
            yield _record(number, text.value())
        return
    text.take()
    while text.peek() != "]":
        number += 1
        yield _record(number, text.value())
        if text.peek() == ",":
            text.take()
            if text.peek() == "]":
                text.fail("a comma stands before the end of the array")
        elif text.peek() != "]":
            text.fail("a comma or the end of the array must follow" if text.peek() else "the array is never closed")
    text.take()
    if text.peek():
        text.fail("something follows the end of the array")


class _Window:
    """The part of the text that is being read, and where it stands in the file."""

    def __init__(self, source: Iterator[str], name: str) -> None:
        self._source = source
        self._name = name
        self._decoder = _decoder()
        self._text = ""
        self._at = 0
        self._line = 1
        self._column = 1  # of the window's first character
        self._ended = False

    def peek(self) -> str:
        """Gives the next character that is no space, empty at the end."""
        while True:
            self._at = _end_of_space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> None:
        """Passes one character."""
        self._at += 1

    def value(self) -> Json:
        """Gives the next value whole, reading on while it is not."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._may_read_on() and self._more():
                    continue
                if len(self._text) - self._at > MOST_BYTES and not self._ended:
                    self.fail("an object is longer than 1 MiB, or never closed")
                self._at = error.pos
                self.fail(error.msg[0].lower() + error.msg[1:])
            except (ValueError, RecursionError) as error:
                self.fail(_why(error))
            # A number at the very end may go on in the next piece.
            if end == len(self._text) and self._may_read_on() and self._more():
                continue
            self._at = end
            return value

    def fail(self, what: str) -> NoReturn:
        """Raises UsageError at the present place."""
        passed = self._text[: self._at]
        line = self._line + passed.count("\n")
        column = self._at - passed.rfind("\n") if "\n" in passed else self._column + self._at
        raise UsageError(
            f"{self._name}, line {line}, column {column}: not JSON: {what}",
            hint="the people before it were imported; put it right and import again, which merges",
        )

    def _may_read_on(self) -> bool:
        return not self._ended and len(self._text) - self._at <= MOST_BYTES

    def _more(self) -> bool:
        piece = next(self._source, None)
        if piece is None:
            self._ended = True
            return False
        passed = self._text[: self._at]
        if "\n" in passed:
            self._line += passed.count("\n")
            self._column = self._at - passed.rfind("\n")
        else:
            self._column += self._at
        self._text, self._at = self._text[self._at :] + piece, 0
        return True


def _record(number: int, value: Json) -> Row | Rejection:
    if not isinstance(value, dict):
        return Rejection(number, "", "row.not-object", 'a person is a JSON object, like {"id": "ada", …}')
    for name, attribute in value.items():
        if not name.strip() or not _is_text(name):
            return Rejection(number, "", "row.bad-name", f"{name!r} is no name for an attribute")
        if isinstance(attribute, str) and _is_text(attribute):
            continue
        if not _is_plain(attribute):
            message = f"it holds half a character, a NUL, or is nested deeper than {_DEEPEST} levels"
            return Rejection(number, name if _is_text(name) else "", "row.bad-value", message)
    return Row(number, value)


def _is_plain(value: Json, depth: int = 1) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, dict):
        return depth < _DEEPEST and all(_is_text(key) and _is_plain(item, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return depth < _DEEPEST and all(_is_plain(item, depth + 1) for item in value)
    return True


def _is_text(text: str) -> bool:
    """JSON's \\ud800 alone is half of a UTF-16 pair: no character, and nothing that UTF-8 can hold."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text))


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _why(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
