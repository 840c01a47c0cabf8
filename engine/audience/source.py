"""Opens a file of people and tells what it is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from engine.audience.csv_rows import read_csv
from engine.audience.json_rows import read_json, read_ndjson
from engine.audience.rows import Names, Rejection, Row
from engine.audience.text import STANDARD_INPUT, check_start, pieces
from engine.errors import UsageError

START = 4096


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


_BY_SUFFIX = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".txt": Format.CSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
}


class Source:
    """A file of people that is open: its name, its size where it is known, and its records."""

    def __init__(self, stream: BinaryIO, name: str, format_: Format | None, names: Names) -> None:
        start, self._stream = _peek(stream)
        check_start(start, name)
        self.name = name
        self.format = format_ or _BY_SUFFIX.get(Path(name).suffix.lower()) or _guess(start)
        self._names = names
        self.size: int | None = None
        if self._stream.seekable():
            self._begin = self._stream.tell()
            self.size = self._stream.seek(0, io.SEEK_END) - self._begin
            self._stream.seek(self._begin)

    @property
    def position(self) -> int:
        """How many bytes have been read, as far as a file can tell."""
        return self._stream.tell() - self._begin if self.size is not None else 0

    def check(self) -> None:
        """Reads a file once for its encoding alone, so that nothing is imported of one that is not UTF-8. What comes
        through a pipe can be read only once: there the error comes where the bytes are."""
        if self.size is None:
            return
        for _ in pieces(self._stream, self.name):
            pass
        self._stream.seek(self._begin)

    def records(self) -> Iterator[Row | Rejection]:
        """Gives the records one by one. Raises UsageError for what is wrong with the file as a whole."""
        if self.format is Format.CSV:
            return read_csv(self._stream, self.name, self._names)
        return (read_ndjson if self.format is Format.NDJSON else read_json)(self._stream, self.name)


@contextmanager
def open_source(path: str, *, format_: Format | None, names: Names, stdin: BinaryIO) -> Iterator[Source]:
    """Opens a file, or the standard input for `-`. Raises UsageError where that cannot be."""
    if path == "-":
        yield Source(stdin, STANDARD_INPUT, format_, names)
        return
    with ExitStack() as opened:
        try:
            stream = opened.enter_context(Path(path).open("rb"))
            source = Source(stream, path, format_, names)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror}", hint="check the name, or give - for the standard input"
            ) from error
        yield source


def _peek(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """Gives the first bytes without passing them, and the stream to read on from."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(START)[:START], stream
    start = stream.read(START)
    if stream.seekable():
        stream.seek(-len(start), io.SEEK_CUR)
        return start, stream
    raise TypeError("a stream that can neither be peeked into nor wound back")


def _guess(start: bytes) -> Format:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return Format.JSON
    return Format.NDJSON if text.startswith(b"{") else Format.CSV
