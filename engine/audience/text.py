"""Bytes to text, a piece at a time: UTF-8 only, and what is something else is named with the way out of it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from engine.audience.rows import MOST_BYTES
from engine.errors import UsageError

PIECE = 1 << 16
STANDARD_INPUT = "standard input"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "an Excel workbook or another zip file", "save it from the spreadsheet as “CSV UTF-8”"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save it from the spreadsheet as “CSV UTF-8”"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it on the way: gunzip -c FILE | engine people import - …"),
    (b"SQLite format 3\x00", "a SQLite database", "export the table as CSV first"),
    (b"%PDF", "a PDF", "export the people as CSV"),
)


def check_start(start: bytes, name: str) -> None:
    """Raises UsageError where the first bytes show that a file is no UTF-8 text."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            raise _wrong_encoding(name, encoding)
    for magic, what, hint in _OTHER_FILES:
        if start.startswith(magic):
            raise UsageError(f"{name} is {what}, not CSV, NDJSON or JSON", hint=hint)
    # Text in UTF-16 without a mark: every other byte of ASCII is NUL.
    for offset, encoding in ((0, "UTF-16BE"), (1, "UTF-16LE")):
        half = start[offset : len(start) & ~1 : 2]
        if len(half) >= 4 and half.count(0) * 10 >= len(half) * 9:
            raise _wrong_encoding(name, encoding)
    newline = start.find(b"\r")
    if newline >= 0 and b"\n" not in start and not start.endswith(b"\r"):
        raise UsageError(
            f"{name} ends its lines with a carriage return alone, as old Macs did",
            hint=f"convert it: tr '\\r' '\\n' < {name} > {name}.unix",
        )


def pieces(stream: BinaryIO, name: str) -> Iterator[str]:
    """Gives the text in pieces of 64 KiB, without a byte order mark. Raises UsageError where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    offset, line = 0, 1
    while True:
        data = stream.read(PIECE)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise _not_utf8(name, line, offset - waiting + error.start, error.object[error.start]) from error
        offset += len(data)
        line += data.count(b"\n")
        if text:
            yield text
        if not data:
            return


def lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Gives the text line by line with the line ends, without a byte order mark. Raises UsageError for a line that is
    not UTF-8 or longer than 1 MiB."""
    offset = number = 0
    while data := stream.readline(MOST_BYTES + 1):
        number += 1
        if len(data) > MOST_BYTES:
            raise UsageError(
                f"{name}, line {number}: longer than 1 MiB", hint="is a quote missing, or is it not a file of people?"
            )
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _not_utf8(name, number, offset + error.start, data[error.start]) from error
        offset += len(data)
        yield text.removeprefix("\ufeff") if number == 1 else text


def _not_utf8(name: str, line: int, offset: int, byte: int) -> UsageError:
    return UsageError(
        f"{name}, line {line}: byte {offset + 1} of the file (0x{byte:02x}) is not UTF-8",
        hint=_conversion(name, "WINDOWS-1252"),
    )


def _wrong_encoding(name: str, encoding: str) -> UsageError:
    return UsageError(
        f"{name}, line 1: byte 1 begins text in {encoding}, not in UTF-8",
        hint=_conversion(name, encoding),
    )


def _conversion(name: str, encoding: str) -> str:
    iconv = f"iconv -f {encoding} -t UTF-8"
    if name == STANDARD_INPUT:
        return f"convert it on the way: … | {iconv} | engine people import - …"
    return f"convert it: {iconv} {name} > {name}.utf8 (Excel: save as “CSV UTF-8”)"
