"""Everything that can be said of the config that a command was called with."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click

from engine.cli.context import App, utc_now
from engine.types import Finding


def findings_of(app: App) -> list[Finding]:
    """Gives every finding in the config, sorted. Keeps what was found for the next time, where the command may."""
    from engine.compose.findings import all_findings

    found = all_findings(app.loaded, partial(app.plugin_context, read_only=True))
    if app.loaded.cache is not None:
        app.loaded.cache.save(utc_now())
    return found


def only_looks(app: App) -> None:
    """Makes a command quick that looks at the whole config and makes nothing of it live, and then ends.

    Files that are as they were are not read anew: their findings were kept. What goes live never comes from there.
    """
    app.cached = True
    click.get_current_context().with_resource(_no_garbage())


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Collects no garbage. Trees of nodes and models hold no cycles; looking for some takes as long again.

    What is there at the end counts as old, so that it is not all looked through at once then.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.unfreeze()
        if was:
            gc.enable()
