"""The engine and its plugins as distributions: installed together, pinned, each a stranger to the other's insides."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, requires
from pathlib import Path
from typing import Any

import pytest

import engine

ROOT = Path(__file__).parent.parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
FOR_PROGRAMS = {"Encoding", "Event", "Segments", "Suppression"}
"""Public names that none of our plugins happens to need: hooks' and functions' arguments and results."""


def project(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return loaded


def names_imported_from_engine(folder: Path) -> set[str]:
    names = set()
    for path in folder.glob("engine_*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "engine":
                names |= {alias.name if node.module == "engine" else node.module for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names if alias.name.split(".")[0] == "engine"}
    return names


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_knows_only_the_public_names(plugin: Path) -> None:
    assert names_imported_from_engine(plugin) - set(engine.__all__) == set()


def test_public_names_are_those_that_somebody_needs() -> None:
    used: set[str] = set().union(*(names_imported_from_engine(plugin) for plugin in PLUGINS))
    assert set(engine.__all__) - used == FOR_PROGRAMS


def test_every_public_name_is_there_without_being_imported_first() -> None:
    code = "import engine\nfor name in engine.__all__: getattr(engine, name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_is_a_distribution_of_its_own(plugin: Path) -> None:
    described, core = project(plugin), project(ROOT)
    assert described["name"] == f"engine-sms-{plugin.name}"
    assert {key: described[key] for key in ("version", "license", "requires-python")} == {
        key: core[key] for key in ("version", "license", "requires-python")
    }
    (package,) = plugin.glob("engine_*")
    assert (package / "py.typed").is_file()
    assert (plugin / "README.md").read_text(encoding="utf-8").startswith(f"# {described['name']}")
    assert described["entry-points"]["engine"] == {plugin.name: package.name}


def test_requirements_install_every_plugin() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if line.startswith("-e")} == {
        "-e .",
        *(f"-e ./plugins/{plugin.name}" for plugin in PLUGINS),
    }
    assert "-c constraints.txt" in lines


def test_make_knows_every_plugin() -> None:
    found = re.search(r"^PLUGINS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert sorted(found[1].split()) == [plugin.name for plugin in PLUGINS]


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    pinned = {canonical(line.partition("==")[0]) for line in pins}
    wanted = [*project(ROOT)["dependencies"], *(name for plugin in PLUGINS for name in project(plugin)["dependencies"])]
    wanted += project(ROOT)["optional-dependencies"]["testing"]
    wanted += re.findall(r"^[\w-]+$", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
    names = {canonical(re.split(r"[^A-Za-z0-9._-]", name)[0]) for name in wanted}
    assert names - pinned - {"engine-sms"} == set()


def test_nothing_is_pinned_that_nobody_needs() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonical(line.partition("==")[0]) for line in pins if not line.startswith("#")}
    development = re.findall(r"^[\w-]+$", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
    unseen = {
        canonical(name) for name in (*development, "engine-sms", *(project(plugin)["name"] for plugin in PLUGINS))
    }
    needed: set[str] = set()
    while unseen:
        name = unseen.pop()
        needed.add(name)
        for requirement in requires(name) or ():
            if "extra ==" in requirement and not (name == "engine-sms" and '"testing"' in requirement):
                continue
            other = canonical(re.split(r"[^A-Za-z0-9._-]", requirement)[0])
            if other in pinned:
                unseen |= {other} - needed
    assert pinned - needed == set()


def test_entry_points_are_found() -> None:
    assert {entry.name for entry in entry_points(group="engine")} >= {"sqlite", *(plugin.name for plugin in PLUGINS)}


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob(".github/workflows/*.yml"), ROOT / "docs/how-to/check-pull-requests.md"],
    ids=lambda path: path.name,
)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert used
    # "./" is the action of this commit itself.
    assert [action for action in used if not re.fullmatch(r"\./|[\w./-]+@[0-9a-f]{40}", action)] == []
    assert "permissions: {}" in text


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
