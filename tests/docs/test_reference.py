"""The documentation keeps up with the code: everything that a user can name is described."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from engine import contracts, hookspecs, plugins
from engine.cli import exit_codes
from engine.cli.app import cli
from engine.config import models, settings_models
from engine.config.base import Model
from engine.types import MessageState

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md"), ROOT / "benchmarks/README.md"]
)


def commands(command: click.Command = cli, path: str = "engine") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, resilient_parsing=True)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, f"{path} {name}")


def config_models() -> list[type[BaseModel]]:
    offered = plugins.load(plugins.names_installed())
    named = {**vars(settings_models), **vars(models)}.values()
    own = [value for value in named if isinstance(value, type) and issubclass(value, Model)]
    assembled = {Model, models.Workspace, models.Project}  # from several files: nobody writes their keys
    options = [provider.options_model for provider in offered.providers.values()]
    return [*(model for model in own if model not in assembled), *options]


def test_reference_pages_are_as_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_every_command_and_option_says_what_it_does() -> None:
    added = click.Group("engine")
    plugins.load(plugins.names_installed()).register_commands(added)
    silent = []
    for path, command in [*commands(), *list(commands(added))[1:]]:
        if not command.help:
            silent.append(path)
        elif "Example" not in f"{command.help}{command.epilog}" and not isinstance(command, click.Group):
            silent.append(f"{path}: no example")
        silent += [
            f"{path} {parameter.name}"
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.help and not parameter.hidden
        ]
    assert silent == []


def test_every_config_key_has_a_description() -> None:
    every = [(model.__name__, name, field) for model in config_models() for name, field in model.model_fields.items()]
    assert [f"{model}.{name}" for model, name, field in every if not field.description] == []


def test_every_hook_and_contract_says_when_it_is_called() -> None:
    def public(holder: Any) -> Iterator[tuple[str, Any]]:
        return ((name, value) for name, value in vars(holder).items() if callable(value) and not name.startswith("_"))

    hooks = [(name, value) for name, value in public(hookspecs) if hasattr(value, f"{hookspecs.GROUP}_spec")]
    assert hooks
    classes = (contracts.Provider, contracts.Shortener, contracts.NumberNormaliser)
    methods = [pair for cls in classes for pair in public(cls) if not isinstance(pair[1], type)]
    assert [name for name, value in [*hooks, *methods] if not value.__doc__] == []


def test_every_state_is_described() -> None:
    page = (ROOT / "docs/reference/delivery-states.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) != []
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {str(state) for state in MessageState}


def test_every_exit_code_is_described() -> None:
    page = (ROOT / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    described = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    interrupted = 130  # the shell's own code for Ctrl-C, none of ours
    assert described == {
        value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)
    } | {interrupted}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text)
    missing = [
        target
        for target in targets
        if not target.startswith(("https:", "mailto:")) and not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/*/**/*.md")}
    assert {page for page in pages if f"]({page})" not in index} == set()
