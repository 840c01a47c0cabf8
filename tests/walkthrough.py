"""Follows a page as a reader would: writes its files, runs its commands, compares what they print with the page.

A file is a code block right below a line that names it, like "`config/engine.yaml`:". A command is a line of a
`console` block that begins with `$ `; the lines below it are its output, where … stands for any text, and a line of …
for any lines. A command that does not end with 0 says so in a comment: `# exits with 3`.
"""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?:^ *`(?P<file>[\w./-]+)`:\n\n?)?^(?P<indent> *)```(?P<language>\w+)\n(?P<body>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class File:
    path: str
    text: str


@dataclass(frozen=True)
class Command:
    line: str
    output: str
    code: int


def steps(page: str) -> Iterator[File | Command]:
    """The files and commands of a page, in its order."""
    for block in BLOCK.finditer(page):
        body = textwrap.dedent(block["body"])
        if block["file"]:
            yield File(block["file"], body)
        elif block["language"] == "console":
            yield from _commands(body)


def _commands(body: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        # A command that ends with \ goes on in the next line.
        last = next(number for number, line in enumerate(lines) if not line.rstrip().endswith("\\"))
        line, output = "".join(lines[: last + 1]), "".join(lines[last + 1 :])
        code = re.search(r"# exits with (\d+)", line)
        yield Command(line, output, int(code[1]) if code else 0)


def follow(page: str, folder: Path) -> int:
    """Does what the page says in `folder`. Gives the number of commands that ran. Raises AssertionError."""
    where, count = folder, 0
    for step in steps(page):
        if isinstance(step, File):
            path = where / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, encoding="utf-8")
            continue
        # `cd` holds for the commands after it, as in a terminal.
        script = f'{step.line}\ncode=$?; pwd > "{folder}/.where"; exit $code'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=where,
            env={**os.environ, "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        where = Path((folder / ".where").read_text(encoding="utf-8").strip())
        assert done.returncode == step.code, f"$ {step.line}ended with {done.returncode}:\n{done.stdout}"
        if step.output.strip():
            assert _matches(step.output, done.stdout), f"$ {step.line}printed\n{done.stdout}\nand not\n{step.output}"
        count += 1
    return count


def _matches(shown: str, printed: str) -> bool:
    pattern = ""
    for line in shown.rstrip().splitlines():
        pattern += r"(?:.*\n)*?" if line.strip() == "…" else _line(line) + r"[ ]*\n"
    return re.fullmatch(pattern, printed.rstrip() + "\n") is not None


def _line(line: str) -> str:
    # Columns are as wide as what stands in them: any space for any space.
    parts = [re.escape(" ".join(part.split())) for part in line.rstrip().split("…")]
    pattern = ".*".join(parts).replace(r"\ ", r"\s+")
    return r"\s*" + pattern
