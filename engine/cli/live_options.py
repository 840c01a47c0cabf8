"""The options of every command by which a person changes what is live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

LOCK_TIMEOUT = 10.0
"""Seconds."""


def live_options(digest: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a decorator that adds them; `digest` is what --digest is for."""
    options = (
        click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal."),
        click.option("--no-refresh", is_flag=True, help="Do not ask the providers which senders they have."),
        click.option("--digest", metavar="D", help=digest),
        click.option(
            "--allow",
            "allow",
            multiple=True,
            metavar="RAIL:ADDRESS",
            help="Let one change pass one rail; may be repeated.",
        ),
        click.option(
            "--lock-timeout",
            type=click.FloatRange(min=0),
            default=LOCK_TIMEOUT,
            show_default=True,
            metavar="S",
            help="Seconds to wait while somebody else applies.",
        ),
    )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
