"""The embedded store: one SQLite file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from engine.errors import StateUnavailable
from engine.state.calls import Calling
from engine.state.cancelling import Cancelling
from engine.state.caps import Spenders
from engine.state.click_counts import CountingClicks
from engine.state.clicks import Clicking
from engine.state.connection import Connection
from engine.state.consent import Consenting
from engine.state.inbound import Inbound
from engine.state.judging import Judging
from engine.state.locks import Locking
from engine.state.outbox_change import Changing
from engine.state.outbox_claim import Claiming
from engine.state.outbox_commit import Committing
from engine.state.outbox_look import Looking
from engine.state.people import People
from engine.state.provider_steps import Stepping
from engine.state.releases import Releases
from engine.state.rounds import Reconciling
from engine.state.stops import Stopping
from engine.state.suppressions import Suppressing
from engine.state.texts import Recalling
from engine.state.topics import Subscribing
from engine.state.waiting import Carrying
from engine.state.webhooks import CallingWebhooks
from engine.state.workers import Workers
from engine.store import Store


class SqliteStore(
    Releases,
    Locking,
    People,
    Consenting,
    Subscribing,
    Judging,
    Suppressing,
    Inbound,
    Recalling,
    CallingWebhooks,
    Calling,
    Claiming,
    Committing,
    Changing,
    Stopping,
    Cancelling,
    Carrying,
    Spenders,
    Clicking,
    CountingClicks,
    Looking,
    Workers,
    Reconciling,
    Stepping,
    Store,
):
    """Keeps everything in one SQLite file, for the processes of one machine; see `engine.state.connection`."""

    scheme: ClassVar[str] = "sqlite"

    @classmethod
    def open(cls, url: str, *, folder: Path, read_only: bool = False) -> SqliteStore:
        """Opens the state at `sqlite:///relative/path` or `sqlite:////absolute/path`, making and migrating it unless
        read_only. Raises StateUnavailable. With read_only, a state that does not exist yet reads as an empty one."""
        return cls(Connection.open(path_of(url, folder=folder), read_only=read_only))


def path_of(url: str, *, folder: Path) -> Path:
    """Gives the file that a URL names. Raises StateUnavailable for anything but sqlite:/// and a path."""
    found = re.fullmatch(r"sqlite:///([^?#]+)", url)
    if found is None:
        raise StateUnavailable(
            f"{url!r} names no state",
            hint="write sqlite:/// and a path, like sqlite:///state/engine.db (four slashes for an absolute path)",
        )
    return folder / unquote(found[1])
