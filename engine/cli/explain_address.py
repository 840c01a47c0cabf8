"""What `engine explain` says of an object of the config: which file and line set each value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from engine.cli.context import App
from engine.cli.output import print_json
from engine.errors import UsageError

if TYPE_CHECKING:
    from engine.config.provenance import Dropped, Setting
    from engine.types import Json, Source

WIDEST = 48
"""Characters of a value that are shown in a terminal."""


def is_address(text: str) -> bool:
    """True for what names an object of the config, and no message."""
    return "/" in text or text == "engine"


def explain_address(app: App, address: str, format_: str) -> None:
    """Prints where each value of an object comes from. Raises UsageError where there is none, ConfigError."""
    from engine.cli.findings import only_looks
    from engine.config.provenance import objects_of
    from engine.names import did_you_mean

    only_looks(app)
    objects = objects_of(app.loaded)
    if address not in objects:
        raise UsageError(f"there is no {address!r} in the config", hint=did_you_mean(address, objects))
    found, dropped = _settings(app, address, objects[address])
    if format_ == "json":
        fields = [_json(app, one) for one in found]
        gone = [{"field": one.field, **_place(one.source)} for one in dropped]
        print_json({"address": address, "environment": app.environment, "fields": fields, "dropped": gone})
    else:
        _print(app, address, found, dropped)


def _settings(app: App, address: str, data: Any) -> tuple[Sequence[Setting], Sequence[Dropped]]:
    from engine.config.load import load
    from engine.config.provenance import laid_over, objects_of, settings

    found = settings(address, data, app.loaded.sources)
    if app.environment is None:
        return found, ()
    kept = app.loaded.cache
    base = load(app.config, environment=None, variables=app.variables, cache_of=lambda _: kept)
    if base.project is None:
        return found, ()
    before = objects_of(base).get(address)
    file = f"{app.config.absolute().name}/environments/{app.environment}.yaml"
    return laid_over(found, settings(address, before, base.sources) if before is not None else [], file)


def _print(app: App, address: str, found: Sequence[Setting], dropped: Sequence[Dropped]) -> None:
    click.echo(click.style(address, bold=True) + (f" in {app.environment}" if app.environment else ""))
    names = max((len(one.field) for one in found), default=0)
    for one in found:
        place = _at(one.source) if one.source is not None else click.style("default", dim=True)
        click.echo(f"  {one.field:<{names}}  {_short(one.value)}  {place}")
        indent = f"  {'':<{names}}  "
        if one.variables:
            click.echo(f"{indent}written {one.written}: " + ", ".join(_said(app, name) for name in one.variables))
        if one.under is not None:
            where = _at(one.under.source) if one.under.source is not None else "the default"
            click.echo(f"{indent}instead of {_short(one.under.value).rstrip()}, {where}")
    for gone in dropped:
        click.echo(f"  {gone.field:<{names}}  not used here: what it stands in was replaced  {_at(gone.source)}")


def _said(app: App, name: str) -> str:
    return f"{name} is {'set' if app.variables.get(name) else 'not set'}"


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"{text if len(text) <= WIDEST else text[: WIDEST - 1] + '…':<{WIDEST}}"


def _at(source: Source) -> str:
    return f"{source.file}:{source.line}:{source.column}"


def _json(app: App, one: Setting) -> dict[str, Any]:
    under = one.under
    return {
        "field": one.field,
        "value": one.value,
        **_place(one.source),
        "written": one.written,
        "variables": [{"name": name, "set": bool(app.variables.get(name))} for name in one.variables],
        "instead_of": None if under is None else {"value": under.value, **_place(under.source)},
    }


def _place(source: Source | None) -> dict[str, Any]:
    keys = ("file", "line", "column", "end_line", "end_column")
    return {key: getattr(source, key) if source is not None else None for key in keys}
