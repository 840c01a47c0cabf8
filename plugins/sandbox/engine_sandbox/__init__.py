"""Engine's embedded provider: a small phone network in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine import Provider, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_providers() -> Iterable[type[Provider[Any]]]:
    """Offers the provider `sandbox`."""
    from engine_sandbox.provider import Sandbox

    return [Sandbox]


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `engine phones`, which shows what arrived."""
    from engine_sandbox.command import phones

    cli.add_command(phones)
