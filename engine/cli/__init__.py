"""The command line: one file a command. The only place for echo, exit codes, the clock and the environment."""

from __future__ import annotations


def main() -> None:
    """Runs the command line; the console script `engine`."""
    from engine.cli.app import cli

    cli(prog_name="engine")
