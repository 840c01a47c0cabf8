"""`engine completion`: shell completion."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print shell completion for bash, zsh or fish.

    \b
    Example:
      eval "$(engine completion bash)"
    """
    from click.shell_completion import get_completion_class

    from engine.cli.app import cli
    from engine.errors import UsageError

    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"there is no completion for {shell}")
    click.echo(made(cli, {}, "engine", "_ENGINE_COMPLETE").source())
