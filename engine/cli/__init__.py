"""The command line: one file a command. The only place for echo, exit codes, the clock and the environment."""

from __future__ import annotations


def main() -> None:
    """Runs the command line; the console script `engine`."""
    import gc

    from engine.cli.app import cli

    try:
        cli(prog_name="engine")
    finally:
        # Python looks for garbage once more when it ends, and then gives everything back anyhow.
        gc.freeze()
