"""The command line, from each command's own --help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from engine import plugins
from engine.cli.app import cli

INTRODUCTION = """\
# The command line

What each command's `--help` prints; the last ones come with plugins.

Everything that reports takes `--format json`: one JSON document on stdout, with
`"version": 1`, while progress, logs and questions go to stderr. Nothing asks a question when stdin is not a terminal.
What the process ends with stands in [exit codes](exit-codes.md).
"""


def page() -> str:
    """Gives the page."""
    parts = [INTRODUCTION]
    for path, help_text in commands():
        parts.append(f"## {path}\n\n```text\n{help_text.rstrip()}\n```\n")
    return "\n".join(parts)


def commands() -> Iterator[tuple[str, str]]:
    """Gives every command, sub-commands after their group, with its help."""
    yield from _walk(cli, "engine", None)
    # Plugins' commands are added to a group of their own here, so that every run gives the same page.
    added = click.Group("engine")
    plugins.load(plugins.names_installed()).register_commands(added)
    for name in sorted(added.commands):
        yield from _walk(
            added.commands[name], name, click.Context(added, info_name="engine", help_option_names=["-h", "--help"])
        )


def _walk(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=100, max_content_width=100, resilient_parsing=True
    )
    with context:
        yield context.command_path, command.get_help(context)
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                if found is not None and not found.hidden:
                    yield from _walk(found, child, context)
