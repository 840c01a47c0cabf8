"""Completions for names on the command line: from the names of files, without reading them."""

from __future__ import annotations

import os
from pathlib import Path

import click


def complete_workspace(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Gives the workspaces that begin so."""
    return sorted(path.name for path in _workspaces(ctx) if path.name.startswith(incomplete))


def complete_template(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Gives the templates that begin so, of the workspace that was chosen or of any."""
    chosen = ctx.params.get("workspace")
    found = set()
    for folder in _workspaces(ctx):
        if chosen in (None, folder.name):
            for path in (folder / "templates").rglob("*.liquid"):
                name = path.relative_to(folder / "templates").as_posix().removesuffix(".liquid")
                # What has a dot in its name is a translation.
                if "." not in name and name.startswith(incomplete):
                    found.add(name)
    return sorted(found)


def _workspaces(ctx: click.Context) -> list[Path]:
    config = Path(str(ctx.find_root().params.get("config") or "config"))
    try:
        return [Path(entry.path) for entry in os.scandir(config / "workspaces") if entry.is_dir()]
    except OSError:
        return []
