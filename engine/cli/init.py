"""`engine init`: a config that works, to change from there."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.output import format_option, print_json
from engine.errors import UsageError

KEPT = (".gitignore",)
"""What is left as it is where it exists already."""


@click.command("init")
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@format_option()
def command(folder: Path, format_: str) -> None:
    """Write a working starter config into DIR, by default the current folder.

    It sends on the sandbox, a phone network in a file. Nothing that exists is overwritten.

    \b
    Example:
      engine init shop && cd shop && engine validate
    """
    from engine.config.starter import starter_files

    files = {folder / path: text for path, text in starter_files() if not _kept(folder / path)}
    there = [path for path in (folder / "config", *files) if path.exists() or path.is_symlink()]
    if there:
        raise UsageError(f"{there[0]} exists already", hint="name another folder: engine init DIR")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            # `x`: never over a file that appeared in between.
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    if format_ == "json":
        print_json({"files": [str(path) for path in files]})
        return
    for path in files:
        click.echo(f"wrote {path}")
    step = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"next: {step}engine validate && engine preview")


def _kept(path: Path) -> bool:
    return path.name in KEPT and path.exists()
