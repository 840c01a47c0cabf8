"""What every address of the web server shares: the state, the live release, and how texts are taken in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from engine.clicks import RecordedClick
from engine.compose.build import links_domain
from engine.config.endpoints import INBOUND_PATH
from engine.config.models import Workspace
from engine.config.people import People
from engine.contracts import PluginContext, Site, Taken, WorkspaceView
from engine.delivery.hands import cancel
from engine.delivery.live import Live
from engine.errors import StateUnavailable
from engine.inbound.receive import Received
from engine.plugins import Plugins
from engine.store import Store
from engine.types import Clock, Event, InboundMessage, Sender
from engine.web.click_log import ClickLog
from engine.web.inbound_poller import InboundPoller
from engine.web.intake import Intake
from engine.web.links import ShortLinks

LOOK_EVERY = 1.0
"""Seconds between two looks for a new release."""


@dataclass(frozen=True, slots=True)
class Front:
    """Handed to each address."""

    store: Store
    plugins: Plugins
    context: Callable[[str], PluginContext]
    clock: Clock
    people: Mapping[str, People]
    live: Live
    intake: Intake
    links: ShortLinks
    closing: asyncio.Event = field(default_factory=asyncio.Event)  # set when the server begins to stop
    beside: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        store: Store,
        plugins: Plugins,
        context: Callable[[str], PluginContext],
        clock: Clock,
        people: Mapping[str, People],
        *,
        reader: Store,
        monotonic: Callable[[], float],
    ) -> Front:
        """Gives the front of a state; `people` are the sample people of each workspace, and `reader` is the same state,
        opened to read. Raises StateUnavailable."""
        live = Live(store, plugins, context)
        live.refresh()
        intake = Intake(store, plugins, live, clock, f"serve:{context('serve').random(8).hex()}")
        links = ShortLinks(
            reader,
            ClickLog(partial(store.record_clicks, told=plugins.observed()), partial(tell, plugins)),
            clock=clock,
            monotonic=monotonic,
            domains=lambda: links_domains(live),
            client_header=lambda: live.client_header,
        )
        return cls(store, plugins, context, clock, people, live, intake, links)

    def site(self, plugin: str) -> Site:
        """Gives what the plugin of that name is told."""
        return Site(
            self.context(plugin), self.live.public_url, Workspaces(self.live, self.people), self.receive, self.closing
        )

    def inbound_addresses(self) -> list[str]:
        """Gives where each workspace's provider is to bring texts: what goes into the provider's console."""
        return [
            self.live.public_url + INBOUND_PATH.format(workspace=name, provider=workspace.settings.delivery.provider)
            for name, workspace in self.live.workspaces.items()
            if name in self.live.called_back
        ]

    async def start(self) -> None:
        """Begins what happens beside the answers."""
        self.links.start()
        self.intake.start()
        self.beside.append(asyncio.create_task(self._look()))
        self.beside.append(asyncio.create_task(InboundPoller(self.intake, self.store, self.clock).run()))

    async def close(self) -> None:
        """Waits for what is being recorded."""
        await cancel(self.beside)
        await asyncio.to_thread(self.intake.close)
        await asyncio.to_thread(self.links.close)
        for provider in self.live.providers():
            await provider.close()

    async def _look(self) -> None:
        """Looks for a new release, so that calls of a workspace that has just been applied are known."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            with suppress(StateUnavailable):
                await self.intake.look()

    async def receive(self, workspace: str, message: InboundMessage) -> Taken:
        """Records a text that came to a workspace. Raises UsageError, StateUnavailable."""
        return taken(await self.intake.text(workspace, message))


def tell(plugins: Plugins, clicks: Sequence[RecordedClick]) -> None:
    """Tells plugins of clicks that were recorded."""
    for click in clicks:
        plugins.observe(Event("link.clicked", click.at, click.workspace, click.message_id, click.detail()))


def links_domains(live: Live) -> Iterator[str]:
    """Gives what the workspaces' short links begin with."""
    for workspace in live.workspaces.values():
        domain = links_domain(workspace.settings.links, live.public_url)
        if domain is not None:
            yield domain


def taken(received: Received) -> Taken:
    """Gives what others may know of a text that was handed in."""
    return Taken(received.routed.name, received.replies, received.repeated)


class Workspaces(Mapping[str, WorkspaceView]):
    """The workspaces of the live release, as they are at each look."""

    def __init__(self, live: Live, people: Mapping[str, People]) -> None:
        self._live = live
        self._people = people

    def __getitem__(self, name: str) -> WorkspaceView:
        return _view(name, self._live.workspaces[name], self._live.public_url, self._people.get(name, {}))

    def __iter__(self) -> Iterator[str]:
        return iter(self._live.workspaces)

    def __len__(self) -> int:
        return len(self._live.workspaces)


def _view(name: str, workspace: Workspace, public_url: str, people: People) -> WorkspaceView:
    settings = workspace.settings
    attribute = settings.audience.phone_attribute
    numbers = {person: attributes.get(attribute) for person, attributes in people.items()}
    return WorkspaceView(
        name=name,
        title=settings.name,
        provider=settings.delivery.provider,
        delivery=settings.delivery.options,
        senders={key: Sender(key, one.sender_kind, one.value, one.mms) for key, one in workspace.senders.items()},
        people={person: number for person, number in numbers.items() if isinstance(number, str)},
        links_domain=links_domain(settings.links, public_url),
    )
