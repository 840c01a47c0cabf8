"""From a file to its text: size, encoding, line breaks, and characters that no program shows."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from engine.types import Finding, Severity

LIMIT = 1 << 20
"""No file of a config may be larger, in bytes."""
_USUAL = 1 << 14

# What YAML forbids, and the line breaks of YAML 1.1 that YAML 1.2 and editors do not know (NEL, LS, PS):
# libyaml would count lines by them, and fold texts at them.
_IN_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
# A form feed is a character of GSM 03.38.
_IN_BODY = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(slots=True)
class Report:
    """Collects findings; files are named relative to the folder that holds config/."""

    findings: list[Finding] = field(default_factory=list)

    def error(self, code: str, message: str, hint: str = "", *, file: str, **place: object) -> None:
        """Adds an error at a place: line, column, end_line, end_column, address."""
        self.findings.append(Finding(code, Severity.ERROR, message, hint, file, **place))  # type: ignore[arg-type]  # the places of Finding, by name

    def warning(self, code: str, message: str, hint: str = "", *, file: str, **place: object) -> None:
        """Adds a warning at a place."""
        self.findings.append(Finding(code, Severity.WARNING, message, hint, file, **place))  # type: ignore[arg-type]  # see above


def read(path: Path | str, file: str, report: Report) -> str | None:
    """Gives the text of a file, without byte order mark and with LF line ends; None where it has none.

    Reports what is wrong. Positions in the text are those that an editor shows.
    """
    data = read_bytes(path, file, report)
    return None if data is None else decoded(data, file, report)


def read_bytes(path: Path | str, file: str, report: Report) -> bytes | None:
    """Gives the content of a file, one byte more than is allowed at most; reports a file that cannot be read."""
    try:
        # Python's file objects take twice as long as the read, ten thousand times.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, _USUAL)
            while data and len(data) <= LIMIT and (more := os.read(descriptor, LIMIT + 1 - len(data))):
                data += more
        finally:
            os.close(descriptor)
    except OSError as error:
        report.error("config.unreadable", f"the file cannot be read: {error.strerror or error}", file=file)
        return None
    return data


def decoded(data: bytes, file: str, report: Report) -> str | None:
    """Gives the text of a file's content, as `read` does; reports what is wrong."""
    if len(data) > LIMIT:
        report.error("yaml.too-large", "the file is larger than 1 MiB", "split it", file=file, line=1, column=1)
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = place(before, len(before))
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        report.error(
            "yaml.encoding",
            "the file is in UTF-16, not UTF-8" if wide else f"the file is not UTF-8: byte 0x{data[error.start]:02x}",
            "save it as UTF-8",
            file=file,
            line=line,
            column=column,
            end_line=line,
            end_column=column + 1,
        )
        return None
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return text


def place(text: str, index: int) -> tuple[int, int]:
    """Gives line and column, from 1, of a character in a text."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def clean(text: str, file: str, report: Report, *, first_line: int = 1) -> str:
    """Gives YAML text in which every forbidden character is reported and replaced, so that reading can go on."""
    if _IN_YAML.search(text) is None:
        return text
    _report_characters(_IN_YAML, text, file, report, first_line)
    return _IN_YAML.sub("\ufffd", text)


def check_body(text: str, file: str, report: Report, *, first_line: int) -> None:
    """Reports control characters in the body of a template or snippet."""
    if _IN_BODY.search(text) is not None:
        _report_characters(_IN_BODY, text, file, report, first_line)


def _report_characters(what: re.Pattern[str], text: str, file: str, report: Report, first_line: int) -> None:
    for found in what.finditer(text):
        line, column = place(text, found.start())
        line += first_line - 1
        report.error(
            "yaml.character",
            f"the character U+{ord(found[0]):04X} may not stand here",
            'take it out, or write it as an escape in double quotes, like "\\u2028"',
            file=file,
            line=line,
            column=column,
            end_line=line,
            end_column=column + 1,
        )
