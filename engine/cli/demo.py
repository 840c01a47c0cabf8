"""engine demo: the whole thing on the sandbox, each step printed as the command that it is."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from engine.errors import UsageError

STEPS = (
    ("A working starter config", "engine init ."),
    ("Is anything wrong in it?", "engine validate"),
    ("What will people read?", "engine preview"),
    ("What would going live change?", "engine plan"),
    ("Make it live", "engine apply --yes"),
    (
        "Who to text: three people, one with a number that is none",
        "engine people import people.csv --workspace shop --consent 'demo sign-up'",
    ),
    ("Queue a message for everyone, once", "engine send welcome --workspace shop --everyone --key demo"),
    ("Deliver", "engine run --drain"),
    ("What was sent, from whom, in how many segments, and what became of it", "engine messages"),
    ("Somebody answers", "engine receive STOP --workspace shop --from +14155550123 --to counter"),
    ("Confirm it, once", "engine run --drain"),
    ("Ada's phone", "engine phones +14155550123"),
)
"""What the demo shows and runs. The rejected row makes its step end with 8, as it should."""

PARTLY = 8


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Keep the folder, where the demo made a temporary one.")
def command(folder: Path | None, keep: bool) -> int:
    """Show the whole thing on the sandbox, in FOLDER or a temporary one: nothing leaves this machine.

    \b
    Example:
      engine demo
      engine demo ./try-it
    """
    with ExitStack() as stack:
        if folder is None:
            made = (
                tempfile.mkdtemp(prefix="engine-demo-") if keep else stack.enter_context(tempfile.TemporaryDirectory())
            )
            folder = Path(made)
        elif folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", hint="name a folder that does not exist yet")
        folder.mkdir(parents=True, exist_ok=True)
        for title, line in STEPS:
            click.echo(click.style(f"# {title}", fg="cyan"))
            click.echo(click.style(f"$ {line}", bold=True))
            sys.stdout.flush()
            code = _run(shlex.split(line), folder)
            if code not in (0, PARTLY):
                click.echo(f"that step ended with {code}", err=True)
                return code
            click.echo()
    return 0


def _run(words: list[str], folder: Path) -> int:
    # The demo runs the very commands that it prints, with the interpreter that runs it.
    command_line = [sys.executable, "-m", "engine", *words[1:]]
    return subprocess.run(command_line, cwd=folder, check=False).returncode  # noqa: S603 # our own fixed commands
