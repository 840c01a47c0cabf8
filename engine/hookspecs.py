"""The hooks that a plugin may implement, each with when it is called.

The law: no hook stops at a first result, and no result depends on the order of plugins. Where one must act, plugins
register named classes and the config chooses one by name. Where all are asked, the answers are a set.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click
    import liquid

    from engine.contracts import NumberNormaliser, Provider, Route, Shortener, Site
    from engine.store import Store
    from engine.types import ConfigView, Event, Finding, Media, OutboundMessage, Sender, Suppression

GROUP = "engine"
"""The entry-point group that plugins are found in, and the name of the pluggy project."""

spec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@spec
def register_providers() -> Iterable[type[Provider[Any]]]:  # type: ignore[empty-body]  # pluggy specifications have no body
    """Called once, when plugins are loaded: the delivery providers on offer."""


@spec
def register_shorteners() -> Iterable[type[Shortener]]:  # type: ignore[empty-body]  # see above
    """Called once, when plugins are loaded: the link shorteners on offer."""


@spec
def register_number_normalisers() -> Iterable[type[NumberNormaliser]]:  # type: ignore[empty-body]  # see above
    """Called once, when plugins are loaded: the number normalisers on offer."""


@spec
def register_stores() -> Iterable[type[Store]]:  # type: ignore[empty-body]  # see above
    """Called once, when plugins are loaded: the stores on offer, each for one URL scheme of `state:`."""


@spec
def check_config(config: ConfigView) -> Iterable[Finding]:  # type: ignore[empty-body]  # see above
    """Called at every validation, after the core's own checks found no error: more findings."""


@spec
def check_media(media: Media, message: OutboundMessage, sender: Sender) -> Iterable[Finding]:  # type: ignore[empty-body]  # see above
    """Called for each media item of a composed message, in previews and before sending: errors stop the message.

    The answer depends on the arguments alone: `plan` and `validate` keep it until one of them or the plugin changes.
    """


@spec
def suppress(message: OutboundMessage, now: datetime) -> Suppression | None:
    """Called for each message just before it is committed: a reason not to send it. A crash holds the message.

    `engine run` asks in the loop's process or in its helper's: what a plugin keeps in memory is not shared by them.
    """


@spec
def prepare_liquid(environment: liquid.Environment) -> None:
    """Called once for each Liquid environment: add filters and tags.

    What they give depends on their arguments and `context.now` alone: `plan` and `validate` keep what they found until
    a template or the plugin changes.
    """


@spec
def register_routes(site: Site) -> Iterable[Route]:  # type: ignore[empty-body]  # see above
    """Called once by `engine serve` and `engine up`, before they listen: more addresses of the web server."""


@spec
def register_commands(cli: click.Group) -> None:
    """Called for an unknown command name and by `engine plugins`: add commands."""


@spec
def observe(event: Event) -> None:
    """Called after something happened and was recorded. Never stops a send."""
