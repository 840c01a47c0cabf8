"""Adds one object to a YAML file by changing its text: everything else in the file stays as it is."""

from __future__ import annotations

from yaml.nodes import MappingNode

from engine.config.text import Report
from engine.config.yaml_nodes import find
from engine.config.yamlfile import STR, Document, scalar_kind
from engine.errors import ConfigError, UsageError


def with_object(text: str, key: str, name: str, value: str, *, file: str) -> str:
    """Gives a file's text with an object added under `key`: `value` is its YAML, on one line.

    Raises UsageError where the name is taken, ConfigError where the file has errors or cannot take it in.
    """
    report = Report()
    document = Document(text, file, report)
    if report.findings:
        raise ConfigError(f"{file} has errors", report.findings, hint="mend them first")
    before = document.data if document.data is not None else {}
    objects = before.get(key) or {} if isinstance(before, dict) else None
    if not isinstance(objects, dict):
        raise ConfigError(f"{file} is not what it should be", hint="see what is wrong with: engine validate")
    if name in objects:
        raise UsageError(f"{name!r} is in {file} already", hint="choose another name")
    # A name like 123 or null would be read as something else.
    entry = f"{name}: {value}" if scalar_kind(name) == STR else f'"{name}": {value}'
    after = _inserted(document, key, entry)
    made = Document(after, file, Report())
    new = made.data.get(key) if isinstance(made.data, dict) else None
    if made.report.findings or not isinstance(new, dict) or {**objects, name: new.get(name)} != new:
        raise ConfigError(
            f"{file} is written in a way that nothing can be added to", hint="run `engine fmt`, or add it by hand"
        )
    return after


def _inserted(document: Document, key: str, entry: str) -> str:
    lines = document.text.rstrip().split("\n") if document.text.strip() else []
    value, key_node = find(document.root, [key])
    if key_node is None:
        return _joined([*lines, f"{key}:", f"  {entry}"])
    if isinstance(value, MappingNode) and value.value and not value.flow_style:
        column = value.value[0][0].start_mark.column
        last = document.source(value).end_line or len(lines)
        return _joined([*lines[:last], " " * column + entry, *lines[last:]])
    line = key_node.start_mark.line
    if value is not None and value.start_mark.line == line == value.end_mark.line:
        start, end = value.start_mark.column, value.end_mark.column
        if isinstance(value, MappingNode) and value.value:
            lines[line] = f"{lines[line][: end - 1].rstrip()}, {entry}{lines[line][end - 1 :]}"
            return _joined(lines)
        # `{}`, null or nothing at all makes place for a block.
        lines[line] = f"{lines[line][:start].rstrip()}{lines[line][end:].rstrip()}"
    return _joined([*lines[: line + 1], f"  {entry}", *lines[line + 1 :]])


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
