"""Engine's embedded provider: a small phone network in a SQLite file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine import Provider, Route, Site, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_providers() -> Iterable[type[Provider[Any]]]:
    """Offers the provider `sandbox`."""
    from engine_sandbox.provider import Sandbox

    return [Sandbox]


@hookimpl
def register_routes(site: Site) -> Iterable[Route]:
    """Adds the phones at /sandbox."""
    from engine_sandbox.phones.pages import routes

    return routes(site)


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `engine phones`, which shows what arrived."""
    from engine_sandbox.command import phones

    cli.add_command(phones)
