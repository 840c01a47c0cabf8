"""What an image must be to arrive as MMS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine import ConfigView, Finding, Media, OutboundMessage, Sender, hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def check_media(media: Media, message: OutboundMessage, sender: Sender) -> Iterable[Finding]:
    """Checks one media item of a composed message; offline."""
    from engine_mms.rules import of_message

    return of_message(media, message, sender)


@hookimpl
def check_config(config: ConfigView) -> Iterable[Finding]:
    """Checks the media that templates name without Liquid; offline."""
    from engine_mms.rules import of_config

    return of_config(config)


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `engine media check`, the only thing here that uses the network."""
    from engine_mms.command import media

    cli.add_command(media)
