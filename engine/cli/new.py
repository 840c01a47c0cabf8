"""`engine new`: one more object in the config."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click

from engine.cli.context import App, pass_app
from engine.cli.names import complete_workspace
from engine.errors import ConfigError, UsageError

KINDS = ("workspace", "sender", "template", "keyword", "snippet", "person")


@click.command("new")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option(
    "--workspace", "-w", shell_complete=complete_workspace, help="Where it goes. Default: the only workspace."
)
@click.option("--country", default="US", show_default=True, help="Country of a new workspace's business.")
@pass_app
def command(app: App, kind: str, name: str, workspace: str | None, country: str) -> None:
    """Add one more object to the config: a workspace, sender, template, keyword, snippet or person.

    What exists is never overwritten; comments in a file that grows stay where they are.

    \b
    Example:
      engine new template club/goodbye --workspace acme
    """
    from engine.config.layout import NAME

    if not app.config.is_dir():
        raise ConfigError(f"the config {str(app.config)!r} does not exist", hint="run `engine init` first")
    parts = name.split("/") if kind == "template" else [name]
    if not all(NAME.fullmatch(part) for part in parts):
        raise UsageError(f"{name!r} is no name", hint="lower-case letters, digits, - and _; at most 63 of them")
    if kind == "workspace":
        from engine.config.countries import COUNTRIES, hint_for

        if country not in COUNTRIES:
            raise UsageError(f"{country!r} is no country", hint=hint_for(country))
        _create(app, app.config / "workspaces" / name / "workspace.yaml", _workspace_text(name, country))
        return
    folder = app.config / "workspaces" / _chosen(app, workspace)
    if kind == "template":
        _create(app, folder / "templates" / f"{name}.liquid", _template_text(folder, name))
    elif kind == "snippet":
        _create(app, folder / "snippets" / f"{name}.liquid", "{{ workspace.name }}\n")
    else:
        file, key, value = _IN_FILES[kind]
        _add(app, folder / file, key, name, value(name))


def _chosen(app: App, workspace: str | None) -> str:
    from engine.config.explain import did_you_mean

    folder = app.config / "workspaces"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if workspace is None and len(names) == 1:
        return names[0]
    if workspace is None:
        hint = "choose one with --workspace: " + ", ".join(names) if names else "add one: engine new workspace NAME"
        raise UsageError(f"there are {len(names)} workspaces", hint=hint)
    if workspace not in names:
        raise UsageError(f"there is no workspace {workspace!r}", hint=did_you_mean(workspace, names))
    return workspace


def _create(app: App, path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{_shown(app, path)} exists already", hint="choose another name") from error
    except OSError as error:
        raise UsageError(f"{_shown(app, path)} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {_shown(app, path)}")


def _add(app: App, path: Path, key: str, name: str, value: str) -> None:
    from engine.config.additions import with_object

    file = _shown(app, path)
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = with_object(before, key, name, value, file=file)
        path.write_text(after, encoding="utf-8", newline="\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8", hint="save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"added {name} to {file}")


def _shown(app: App, path: Path) -> str:
    return path.absolute().relative_to(app.folder).as_posix()


def _workspace_text(name: str, country: str) -> str:
    return f'name: "{_words(name)}"\nbusiness: {{country: {country}}}\n'


def _template_text(folder: Path, name: str) -> str:
    from engine.config.text import Report, read
    from engine.config.yamlfile import Document

    path = folder / "senders.yaml"
    text = read(path, "senders.yaml", Report()) if path.exists() else ""
    data = Document(text or "", "senders.yaml", Report()).data
    senders = data.get("senders") if isinstance(data, dict) else None
    if not isinstance(senders, dict) or not senders:
        raise UsageError("a template needs a sender, and there is none", hint="add one: engine new sender NAME")
    about, sender = _words(name.rpartition("/")[2]), next(iter(senders))
    return (
        f'---\ndescription: "{about}"\npurpose: transactional\nsender: "{sender}"\n---\n'
        'Hi {{ customer.first_name | default: "there" }}, this is {{ workspace.name }}.\n'
    )


def _sender(name: str) -> str:
    # A name can be made up without anybody's phone ringing; a number cannot.
    letters = re.sub(r"[^A-Z0-9 ]", " ", name.upper()).strip()[:11].strip()
    return f'{{alphanumeric: "{letters if re.search("[A-Z]", letters) else "SENDER"}"}}'


def _keyword(name: str) -> str:
    return f'{{words: ["{name.upper()}"], match: exact, emit: {name.replace("-", "_")}_received}}'


def _person(name: str) -> str:
    return f'{{first_name: "{_words(name)}", phone: "+14155550123"}}'


_IN_FILES: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "sender": ("senders.yaml", "senders", _sender),
    "keyword": ("keywords.yaml", "keywords", _keyword),
    "person": ("people.yaml", "people", _person),
}


def _words(name: str) -> str:
    return re.sub(r"[-_]+", " ", name).strip().capitalize() or name
