"""Reads engine.yaml and what an environment lays over it, and loads the plugins that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import plugins as plugin_loading
from engine.config.addresses import check_url
from engine.config.explain import Checker, Path, did_you_mean
from engine.config.layout import Layout
from engine.config.models import EngineConfig
from engine.config.overlay import Overlay, merged
from engine.config.secrets import check as check_secrets
from engine.config.sources import Sources
from engine.config.text import Report, read
from engine.config.variables import Substitution, Unset, Used, without
from engine.config.yaml_nodes import find
from engine.config.yamlfile import Document
from engine.errors import ConfigError
from engine.plugins import Plugins


@dataclass(slots=True)
class EngineResult:
    """What engine.yaml gave; parts that are wrong are None."""

    engine: EngineConfig | None
    plugins: Plugins | None
    all_plugins: bool
    """False where a plugin is missing: then nothing can be said of names that plugins offer."""
    unset: list[Unset]
    used: list[Used]
    checker: Checker


def read_engine(
    layout: Layout, overlay: Overlay | None, variables: Mapping[str, str], report: Report, sources: Sources
) -> EngineResult:
    """Reads engine.yaml with an environment over it. Reports everything that is wrong."""
    file = f"{layout.prefix}engine.yaml"
    document = base_document(layout.engine, file, report)
    if document is not None and document.root is not None and overlay is not None:
        document = merged(document, overlay.part("engine"))
    if document is None or document.broken:
        return EngineResult(None, None, False, [], [], Checker(document or Document("", file, Report())))
    return check_engine(document, variables, sources)


def check_engine(document: Document, variables: Mapping[str, str], sources: Sources) -> EngineResult:
    """Validates the data of engine.yaml."""
    sources.add("engine", document)
    checker = Checker(document)
    data = document.data if document.data is not None else {}
    if not isinstance(data, dict):
        checker.at((), "config.type", "engine.yaml must be a mapping of keys to values", address="engine")
        return EngineResult(None, None, False, [], [], checker)
    filling = Substitution(variables, checker, "engine")
    data = filling.fill(data)
    checker.unset = filling.unset
    if document.root is None and not document.text:
        missing = "engine.yaml is missing or empty; it holds at least `engine: 1` and `plugins:`"
        document.report.error(
            "config.missing", missing, "run `engine init` for a working start", address="engine", **document.place(None)
        )
        return EngineResult(None, None, False, [], filling.used, checker)
    engine = model_despite_unset(checker, EngineConfig, data, "engine")
    check_url(
        checker,
        "engine",
        [(("public_url",), data["public_url"])] if isinstance(data.get("public_url"), str) else [],
        base=True,
    )
    plugins, complete = _load_plugins(checker, data.get("plugins"))
    if plugins is not None and complete:
        _check_state(checker, data.get("state"), plugins)
    return EngineResult(engine, plugins, complete, unset_of(filling, document), filling.used, checker)


def base_document(path: str | None, file: str, report: Report) -> Document | None:
    """Reads a YAML file in which secrets and variables may stand; a missing file is an empty one."""
    text = read(path, file, report) if path is not None else ""
    if text is None:
        return None
    document = Document(text, file, report)
    check_secrets(text, document, bare=True)
    return document


def model_despite_unset(
    checker: Checker, model: Any, data: Any, address: str, code_of: Callable[[Path], str | None] | None = None
) -> Any:
    """Gives the model of data, with defaults for values that hang on unset variables where they must be something.
    `code_of` names the code of what is wrong at a path, where it is not the usual one."""
    before = len(checker.document.report.findings)
    found = checker.model(model, data, address=address, code_of=code_of)
    if found is not None or not checker.hidden or len(checker.document.report.findings) > before:
        return found
    hidden, checker.hidden = checker.hidden, set()
    silent = Checker(Document("", checker.document.file, Report()))
    found = silent.model(model, without(data, hidden))
    if found is None:
        for path in sorted(hidden, key=str):
            name = checker.unset[path]
            message = f"the variable {name} is not set, and what depends on it could not be checked"
            checker.at(
                path, "config.unset-variable", message, f"set it, e.g. export {name}=…", address=address, warning=True
            )
    return found


def unset_of(filling: Substitution, document: Document) -> list[Unset]:
    """Gives the unset variables of a document with their places."""
    found = []
    for path, name in filling.unset.items():
        node, _ = find(document.root, path)
        if node is not None:
            found.append(Unset(name, filling.address, ".".join(map(str, path)), document.source(node)))
    return found


def _check_state(checker: Checker, state: Any, plugins: Plugins) -> None:
    if not isinstance(state, str) or checker.is_unset(("state",)):
        return
    scheme, mark, _ = state.partition("://")
    if not mark:
        message, hint = "the state is no URL", "write it like sqlite:///state/engine.db"
        checker.at(("state",), "config.url", message, hint, address="engine")
    elif scheme not in plugins.stores:
        message = f"no loaded plugin offers a store for {scheme}://"
        hint = did_you_mean(scheme, plugins.stores, "on offer") + "; plugins are named under `plugins:`"
        checker.at(("state",), "ref.unknown-store", message, hint, address="engine")


def _load_plugins(checker: Checker, names: Any) -> tuple[Plugins | None, bool]:
    if not isinstance(names, list):
        return None, False
    wanted = [(index, name) for index, name in enumerate(names) if isinstance(name, str)]
    installed = plugin_loading.names_installed()
    complete = len(wanted) == len(names)
    good = []
    for index, name in wanted:
        path: Path = ("plugins", index)
        if checker.is_unset(path):
            complete = False
        elif name not in installed:
            hint = did_you_mean(name, installed, "installed")
            checker.at(path, "ref.unknown-plugin", f"the plugin {name!r} is not installed", hint, address="engine")
            complete = False
        else:
            good.append(name)
    try:
        return plugin_loading.load(good), complete
    except ConfigError as error:
        checker.at(("plugins",), "plugin.failed", error.message, error.hint, address="engine", key=True)
        return None, False
