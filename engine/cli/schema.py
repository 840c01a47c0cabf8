"""`engine schema`: JSON Schemas for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engine.cli.context import App, pass_app
from engine.errors import ConfigError, UsageError

PLAN = "plan"
"""The kind that is no file of the config: what `engine plan --format json` prints."""


def _complete_kind(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from engine.config.schema import KINDS

    return [kind for kind in (*KINDS, PLAN) if kind.startswith(incomplete)]


@click.command("schema")
@click.option("--kind", shell_complete=_complete_kind, help="Print the schema of one kind of file.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write one file a kind into this folder.")
@pass_app
def command(app: App, kind: str | None, out: Path | None) -> None:
    """Print JSON Schemas: of the config's files, for editors, and of a plan's JSON (the kind `plan`), for programs.

    Where there is a config, `delivery` has the options of the providers that its plugins offer.

    \b
    Example:
      engine schema --out .schemas
    """
    from engine.config.explain import did_you_mean
    from engine.config.schema import DIALECT, KINDS, schema
    from engine.reconcile.schema import plan_schema

    kinds = (*KINDS, PLAN)
    if kind is not None and kind not in kinds:
        raise UsageError(f"there is no schema {kind!r}", hint=did_you_mean(kind, kinds))
    try:
        plugins = app.plugins() if app.has_config() else None
    except ConfigError:
        # An editor needs the schema most while the config is wrong.
        plugins = None
    made = {
        name: {"$schema": DIALECT, **plan_schema()} if name == PLAN else schema(name, plugins)
        for name in ([kind] if kind else kinds)
    }
    if out is None:
        click.echo(json.dumps(made[kind] if kind else made, ensure_ascii=False, indent=2))
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, document in made.items():
            path = out / f"{name}.schema.json"
            path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            click.echo(str(path))
    except OSError as error:
        raise UsageError(f"the schemas cannot be written to {str(out)!r}: {error.strerror}") from error
