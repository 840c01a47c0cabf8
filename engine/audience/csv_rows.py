"""People from CSV: a header names the columns, each record is a person."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from engine.audience.rows import Names, Rejection, Row
from engine.audience.text import lines
from engine.errors import UsageError
from engine.names import did_you_mean

_DELIMITERS = ",;\t"
_GUARDED = re.compile(r"'[=+\-@\t\r\0]")


def read_csv(stream: BinaryIO, name: str, names: Names) -> Iterator[Row | Rejection]:
    """Gives the records of a CSV file. Comma, semicolon or tab is read off the header.

    An empty cell is a missing attribute. The apostrophe that `people export --format csv` puts before what a
    spreadsheet would take for a formula is taken away again. Raises UsageError for what is wrong with the whole file.
    """
    text = lines(stream, name)
    first = next(text, None)
    if first is None or not first.strip():
        raise UsageError(
            f"{name} is empty" if first is None else f"{name}, line 1: the first line must name the columns"
        )
    reader = csv.reader(chain([first], text), delimiter=_delimiter(first), strict=True)
    try:
        header = _header(next(reader), name, names)
    except csv.Error as error:
        raise UsageError(f"{name}, line 1: the header is not CSV: {error}") from error
    number, begins = 0, reader.line_num + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Rejection(number, "", "row.malformed", _malformed(error, begins, reader.line_num))
            begins = reader.line_num + 1
            continue
        begins = reader.line_num + 1
        if not cells:
            continue
        number += 1
        yield _record(number, header, cells)


def _record(number: int, header: list[str], cells: list[str]) -> Row | Rejection:
    surplus = cells[len(header) :]
    if any(cell.strip() for cell in surplus):
        message = f"the header names {len(header)} columns, and this record has {len(cells)} cells"
        return Rejection(number, "", "row.too-many-cells", message)
    if len(cells) < len(header):
        message = f"the header names {len(header)} columns, and this record has only {len(cells)} cells"
        return Rejection(number, "", "row.too-few-cells", message)
    attributes = {}
    for column, cell in zip(header, cells, strict=False):
        if "\0" in cell:
            return Rejection(number, column, "row.nul", "a NUL byte stands in this cell")
        if cell and not cell.isspace():
            attributes[column] = cell[1:] if _GUARDED.match(cell) else cell
    return Row(number, attributes)


def _header(cells: list[str], name: str, names: Names) -> list[str]:
    """Gives the columns' names, trimmed; those with a meaning are found in any case, with spaces or without."""
    written = [cell.strip() for cell in cells]
    while written and not written[-1]:
        written.pop()
    meanings = {_folded(meaning): meaning for meaning in (names.country, names.phone, names.id)}
    exact = set(written)
    columns = []
    for place, column in enumerate(written, 1):
        if not column:
            raise UsageError(f"{name}, line 1: column {place} has no name", hint="name it, or take the column out")
        if "\0" in column:
            raise UsageError(f"{name}, line 1: a NUL byte stands in the name of column {place}")
        meaning = meanings.get(_folded(column), column)
        columns.append(column if meaning in exact else meaning)
    for place, column in enumerate(columns, 1):
        if column in columns[: place - 1]:
            earlier = columns.index(column) + 1
            raise UsageError(
                f"{name}, line 1: columns {earlier} and {place} are both {column!r}",
                hint="rename or remove one of them",
            )
    if names.id not in columns:
        raise UsageError(
            f"{name}, line 1: no column is called {names.id!r}; it tells people apart from one import to the next",
            hint=f"{did_you_mean(names.id, columns)}; rename the column that holds it, or add one",
        )
    return columns


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _delimiter(header: str) -> str:
    unquoted = re.sub(r'"[^"]*"', "", header)
    return max(_DELIMITERS, key=unquoted.count)


def _malformed(error: csv.Error, begins: int, ends: int) -> str:
    place = f"line {begins}" if begins >= ends else f"lines {begins} to {ends}"
    if "unexpected end of data" in str(error):
        return f"{place}: a quote is opened and never closed"
    if "field larger" in str(error):
        return f"{place}: a cell is longer than {csv.field_size_limit()} characters; is a quote missing?"
    return f"{place}: not CSV ({error})"
