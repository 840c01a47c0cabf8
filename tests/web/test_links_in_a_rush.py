"""Short links while the state does not keep up with the clicks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from links_shop import PHONE, link

from engine.clicks import Click
from engine.state.sqlite import SqliteStore
from engine.testing.store.base import sending
from engine.web import links
from engine.web.click_log import ClickLog
from engine.web.links import ShortLinks


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open("sqlite:///engine.db", folder=tmp_path)
    sending(opened, links=(link("abcdefghij"),))
    yield opened
    opened.close()


async def ask(app: ShortLinks) -> tuple[int, dict[bytes, bytes]]:
    """Asks for the link; gives status and headers."""
    answer: list[Any] = []

    async def send(message: Any) -> None:
        answer.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"host", b"go.acme.example"), (b"user-agent", PHONE.encode())]
    scope = {"type": "http", "method": "GET", "path": "/abcdefghij", "headers": headers, "client": ("203.0.113.7", 1)}
    await app(scope, receive, send)
    return answer[0]["status"], dict(answer[0]["headers"])


def short_links(store: SqliteStore, log: ClickLog) -> ShortLinks:
    loop = asyncio.get_running_loop()
    return ShortLinks(
        store,
        log,
        clock=lambda: datetime.now(UTC),
        monotonic=loop.time,
        domains=list,
        client_header=lambda: None,
    )


def test_nobody_is_sent_on_whose_click_would_be_lost(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "ROOM_WITHIN", 0.05)
    log = ClickLog(store.record_clicks, lambda _: None, room=1)

    async def rush() -> list[int]:
        app = short_links(store, log)
        first, _ = await ask(app)
        second, headers = await ask(app)
        assert headers[b"retry-after"] == b"1"
        assert b"location" not in headers
        return [first, second]

    assert asyncio.run(rush()) == [302, 503]
    log.start()
    log.close()
    (message,) = store.messages()
    assert len(store.clicks(message.id)) == 1


def test_a_redirect_waits_for_room(store: SqliteStore) -> None:
    log = ClickLog(store.record_clicks, lambda _: None, room=1, every=0.01)
    assert log.offer(Click("https://go.acme.example/abcdefghij", datetime.now(UTC)))

    async def rush() -> int:
        app = short_links(store, log)
        waiting = asyncio.create_task(ask(app))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        log.start()
        return (await waiting)[0]

    assert asyncio.run(rush()) == 302
    log.close()
    (message,) = store.messages()
    assert sum(click.times for click in store.clicks(message.id)) == 2
