"""`engine fmt`: the config's YAML in its canonical form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from engine.cli import exit_codes
from engine.cli.context import App, pass_app
from engine.cli.output import finding_line, format_option, print_json
from engine.cli.writing import write_beside
from engine.errors import ConfigError


@click.command("fmt")
@click.option("--check", is_flag=True, help="Change nothing; end with 3 where something would change.")
@format_option()
@pass_app
def command(app: App, check: bool, format_: str) -> int:
    """Write the config's YAML in its canonical form; comments stay, and so does the meaning.

    Keys come in the order of the reference, with two spaces a level and double quotes. Bodies of templates are not
    touched. A file that cannot be read is left as it is and reported; the command then ends with 3.

    \b
    Example:
      engine fmt --check
    """
    from engine.config.fmt import NotFormatted, format_liquid, format_yaml
    from engine.config.text import Report, read

    changed, skipped = [], []
    for path, file, kind in _files(app):
        report = Report()
        text = read(path, file, report)
        if text is None:
            skipped += report.findings
            continue
        try:
            after = format_liquid(text, file=file) if kind == "template" else format_yaml(text, kind, file=file)
        except NotFormatted as error:
            skipped += error.findings
            continue
        if after != text:
            changed.append(file)
            if not check:
                write_beside(Path(path), after)
    if format_ == "json":
        from engine.cli.reports import as_json

        print_json({"changed": changed, "findings": as_json(skipped)})
    else:
        for file in changed:
            click.echo(f"{'would change' if check else 'changed'} {file}")
        for finding in skipped:
            click.echo(finding_line(finding), err=True)
    return exit_codes.CONFIG if skipped or (check and changed) else exit_codes.FINE


def _files(app: App) -> Iterator[tuple[str, str, str]]:
    """Gives path, name and kind of every file that has a canonical form."""
    from engine.config.layout import scan
    from engine.config.text import Report

    if not app.config.is_dir():
        raise ConfigError(f"the config {str(app.config)!r} does not exist", hint="say where it is with --config")
    layout = scan(app.config, Report())
    if layout.engine is not None:
        yield layout.engine, f"{layout.prefix}engine.yaml", "engine"
    for name, path in layout.environments.items():
        yield path, f"{layout.prefix}environments/{name}.yaml", "environment"
    for folder in layout.workspaces.values():
        for name, path in folder.files.items():
            yield path, folder.prefix + name, name.removesuffix(".yaml")
        for name, path in folder.tests.items():
            yield path, f"{folder.prefix}tests/{name}.yaml", "tests"
        for name, path in folder.templates.items():
            yield path, f"{folder.prefix}templates/{name}.liquid", "template"
            for language, inner in folder.languages.get(name, {}).items():
                yield inner, f"{folder.prefix}templates/{name}.{language}.liquid", "template"
