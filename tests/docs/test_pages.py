"""What the pages show works: their commands exist, their YAML is YAML, the plugin they build is one."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from engine.cli.app import cli

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md")])
OPERATORS = {"|", "||", "&&", ";", "&", ">", ">>", "<"}


def blocks(page: Path, *languages: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```(\w+)\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [
        re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, language, body in found if language in languages
    ]


def calls(page: Path) -> Iterator[list[str]]:
    """The arguments of every `engine` call that a page shows."""
    for block in blocks(page, "console"):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            if not line.startswith("$ "):
                continue
            lexer = shlex.shlex(line[2:], posix=True, punctuation_chars=True)
            lexer.wordchars += "@:.,=+${}…"
            lexer.whitespace_split = False
            words: list[str] = []
            for word in [*lexer, ";"]:
                if word not in OPERATORS:
                    words.append(word)
                    continue
                # By its name, or after what runs it as somebody else (`sudo …/bin/engine status`).
                at = [number for number, name in enumerate(words) if name.endswith("/bin/engine")]
                at += [0] if words[:1] == ["engine"] else []
                if at:
                    yield words[at[0] + 1 :]
                words = []


CALLS = [pytest.param(call, id=f"{page.name}: {' '.join(call)}") for page in PAGES for call in calls(page)]


@pytest.mark.parametrize("arguments", CALLS)
def test_commands_exist_with_these_options(arguments: list[str]) -> None:
    if arguments == ["--version"]:
        return
    context = cli.make_context("engine", list(arguments))
    while isinstance(context.command, click.Group):
        words = [*context._protected_args, *context.args]
        if not words and context.command.invoke_without_command:
            return
        name, child, rest = context.command.resolve_command(context, words)
        assert child is not None
        try:
            context = child.make_context(name, rest, parent=context)
        except click.MissingParameter:
            raise
        except click.BadParameter:
            return  # a file that only the page's reader has


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_yaml_is_yaml(page: Path) -> None:
    for block in blocks(page, "yaml"):
        yaml.safe_load(block)


def test_the_plugin_of_the_page_is_one(tmp_path: Path) -> None:
    page = ROOT / "docs/how-to/write-a-plugin.md"
    code = next(block for block in blocks(page, "python") if "prepare_liquid" in block)
    entry = re.findall(r"^shout = \"(\w+)\"$", "\n".join(blocks(page, "toml")), re.MULTILINE)
    site = tmp_path / "site"
    distribution = site / "acme_engine_shout-1.0.dist-info"
    distribution.mkdir(parents=True)
    (site / f"{entry[0]}.py").write_text(code, encoding="utf-8")
    (distribution / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-engine-shout\nVersion: 1.0\n", encoding="utf-8"
    )
    (distribution / "entry_points.txt").write_text(f"[engine]\nshout = {entry[0]}\n", encoding="utf-8")
    workspace = tmp_path / "config/workspaces/acme"
    (workspace / "templates").mkdir(parents=True)
    (tmp_path / "config/engine.yaml").write_text(
        f"engine: 1\n{next(block for block in blocks(page, 'yaml') if 'shout' in block)}", encoding="utf-8"
    )
    (workspace / "workspace.yaml").write_text("name: Acme\nbusiness: {country: US}\n", encoding="utf-8")
    (workspace / "senders.yaml").write_text(
        'senders: {main: {number: "+14155550100", kind: long-code}}\n', encoding="utf-8"
    )
    (workspace / "people.yaml").write_text('people: {ada: {phone: "+14155550123"}}\n', encoding="utf-8")
    (workspace / "templates/hello.liquid").write_text(
        '---\npurpose: transactional\nsender: main\n---\n{{ "hello" | shout }}\n', encoding="utf-8"
    )

    def engine(*arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(site)}
        done = subprocess.run(
            ["engine", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert [preview["body"] for preview in json.loads(engine("preview", "--format", "json"))["previews"]] == ["HELLO!"]
    assert "shout" in engine("plugins")
