"""How findings are printed for programs, GitHub and scanners."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from engine.types import Finding, Severity


def has_errors(findings: Iterable[Finding]) -> bool:
    """True where any finding is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    """Gives `2 errors, 1 warning`."""
    count = Counter(finding.severity for finding in findings)
    parts = [f"{count[kind]} {kind}{'' if count[kind] == 1 else 's'}" for kind in Severity if count[kind]]
    return ", ".join(parts)


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Gives findings as the JSON contract has them."""
    return [{**asdict(finding), "severity": str(finding.severity)} for finding in findings]


def print_github(findings: Iterable[Finding], base: Path) -> None:
    """Prints workflow commands, which GitHub shows beside the lines of a pull request."""
    for finding in findings:
        fields: dict[str, object] = {"title": finding.code}
        if finding.file is not None:
            fields["file"] = _from_checkout(base / finding.file)
        if finding.line is not None:
            fields["line"] = finding.line
            fields["endLine"] = finding.end_line or finding.line
            # GitHub shows columns of annotations on one line only.
            if finding.column is not None and finding.end_line in (None, finding.line):
                fields["col"] = finding.column
                fields["endColumn"] = finding.end_column or finding.column
        listed = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in fields.items())
        hint = f"\n{finding.hint}" if finding.hint else ""
        click.echo(f"::{finding.severity} {listed}::{_escaped(finding.message + hint)}")


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Gives a SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""
    from engine.config.codes import CODES

    codes = sorted({*CODES, *(finding.code for finding in findings)})
    index = {code: position for position, code in enumerate(codes)}
    driver = {
        "name": "Engine",
        "version": version("engine-sms"),
        "rules": [{"id": code, "shortDescription": {"text": CODES.get(code, code)}} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder that holds config/."}}},
        "results": [_result(finding, index) for finding in findings],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    text = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
    location: dict[str, Any] = {}
    if finding.file is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.file), "uriBaseId": "SRCROOT"}}
        if finding.line is not None:
            region = {
                "startLine": finding.line,
                "startColumn": finding.column,
                "endLine": finding.end_line,
                "endColumn": finding.end_column,
            }
            place["region"] = {name: value for name, value in region.items() if value is not None}
        location["physicalLocation"] = place
    if finding.address:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.address}]
    return {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": str(finding.severity),
        "message": {"text": text},
        "locations": [location] if location else [],
    }


def _from_checkout(path: Path) -> str:
    root = os.environ.get("GITHUB_WORKSPACE") or Path.cwd()
    return Path(os.path.relpath(path, root)).as_posix()


def _escaped(text: str, more: str = "") -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
