"""`engine plugins`: what is installed, what is loaded, and what each does."""

from __future__ import annotations

from dataclasses import asdict

import click

from engine.cli.context import App, pass_app
from engine.cli.output import format_option, print_json, print_table


@click.command("plugins")
@format_option()
@pass_app
def command(app: App, format_: str) -> None:
    """List plugins and what they do.

    A plugin is loaded only where engine.yaml names it.

    \b
    Example:
      engine plugins --format json
    """
    from engine.plugins import installed

    loaded = app.plugins() if app.has_config() else None
    found = installed(loaded)
    added = click.Group()
    if loaded is not None:
        loaded.register_commands(added)
    if format_ == "json":
        print_json({"plugins": [asdict(plugin) for plugin in found], "commands": sorted(added.commands)})
        return
    print_table(
        ("plugin", "distribution", "version", "loaded", "hooks"),
        [
            (
                plugin.name,
                plugin.distribution,
                plugin.version,
                "yes" if plugin.loaded else "no",
                ", ".join(plugin.hooks),
            )
            for plugin in found
        ],
        empty="no plugin is installed",
    )
    if added.commands:
        click.echo(f"commands that plugins add: {', '.join(sorted(added.commands))}", err=True)
