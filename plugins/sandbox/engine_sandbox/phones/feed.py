"""Tells pages what is new, by server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from engine import StateUnavailable
from engine_sandbox.network import Network, Text
from engine_sandbox.phones.reader import Reader

LOOK_SECONDS = 0.2
HEARTBEAT_SECONDS = 15.0
AT_ONCE = 200
"""More new texts than this are not told one by one: the page loads anew what it shows of them."""

RETRY_MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """How far a network was read. `first` tells it from one made anew."""

    first: str = ""
    position: int = 0


Places = dict[str, Place]

_PLACE = re.compile(r"([a-z0-9_-]+):([A-Za-z0-9]*):([0-9]{1,18})")


def written(places: Places) -> str:
    """Gives places as an event's id."""
    return ",".join(f"{name}:{place.first}:{place.position}" for name, place in places.items())


def read(text: str) -> Places | None:
    """Gives the places that an event's id names; None where it is none of ours."""
    places = {}
    for part in text.split(","):
        found = _PLACE.fullmatch(part)
        if found is None:
            return None
        places[found[1]] = Place(found[2], int(found[3]))
    return places


class Feed:
    """Notices new texts, and a release that changes what pages show: one look every fifth of a second for all pages.

    The listeners read only after something has changed, so their number costs the files next to nothing.
    """

    def __init__(
        self,
        reader: Reader,
        look: Callable[[], object],
        show: Callable[[str, Sequence[Text]], object],
        closing: asyncio.Event,
    ) -> None:
        """Takes what gives everything but texts that a page shows, and what makes JSON of texts."""
        self._reader = reader
        self._look = look
        self._show = show
        self._closing = closing
        self._listeners = 0
        self._watch: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def events(self, after: str | None) -> AsyncIterator[bytes]:
        """Gives the stream of a page that knows everything up to the event `after`. Ends when the server closes."""
        places, looked = read(after) if after else None, self._look()
        with self._listening():
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            while not self._closing.is_set():
                changed = self._changed
                networks = self._reader.networks()
                if places is None or set(places) != set(networks) or looked != self._look():
                    looked = self._look()
                    places = {name: await self._end(name) for name in networks}
                    yield _event("reload", places, {})
                for name in networks:
                    news = await self._news(name, places[name])
                    if news is not None:
                        places[name], texts = news
                        shown = {} if texts is None else self._show(name, texts)
                        yield _event("reload" if texts is None else "texts", places, shown)
                if not await _happens(changed, HEARTBEAT_SECONDS):
                    yield b": still here\n\n"

    @contextmanager
    def _listening(self) -> Iterator[None]:
        self._listeners += 1
        if self._watch is None:
            self._watch = asyncio.get_running_loop().create_task(self._look_out())
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._watch is not None:
                self._watch.cancel()
                self._watch = None

    async def _look_out(self) -> None:
        before: object = None
        while not self._closing.is_set():
            now = self._look(), {name: await self._end(name) for name in self._reader.networks()}
            if now != before:
                before = now
                self._tell()
            await _happens(self._closing, LOOK_SECONDS)
        self._tell()

    def _tell(self) -> None:
        # Whoever waits has the event of before; whoever looks from now on waits for the next one.
        self._changed.set()
        self._changed = asyncio.Event()

    async def _end(self, name: str) -> Place:
        try:
            return Place(*await self._reader.ask(name, Network.end))
        except StateUnavailable:
            return Place()

    async def _news(self, name: str, known: Place) -> tuple[Place, Sequence[Text] | None] | None:
        try:
            return await self._reader.ask(name, lambda network: _since(network, known))
        except StateUnavailable:
            return None


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


def _since(network: Network, known: Place) -> tuple[Place, Sequence[Text] | None] | None:
    end = Place(*network.end())
    if end == known:
        return None
    if known.first not in ("", end.first) or end.position < known.position:
        return end, None
    texts = network.after(known.position, AT_ONCE + 1)
    if not texts or len(texts) > AT_ONCE:
        return end, None
    return Place(end.first, texts[-1].position), texts


def _event(name: str, places: Places, data: object) -> bytes:
    # JSON in ASCII has no line ends, which would end the field.
    return f"id: {written(places)}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()
