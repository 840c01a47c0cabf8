"""From a tap on a telephone to what `engine links` and `engine explain` show of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from links_shop import Served, erase, link, sent, served, shop_with_links

from engine.clicks import BotReason, RecordedClick
from engine.hookspecs import hookimpl
from engine.plugins import Plugins
from engine.testing.store.base import NOW
from engine.types import Event
from engine.web.front import tell

IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Served]:
    made = shop_with_links(tmp_path, link("adaascard1"))
    with served(made) as running:
        yield running


def template(served: Served, *words: str) -> dict[str, Any]:
    """Gives what `engine links` counts of the only template."""
    (one,) = served.shop.json("links", *words)["templates"]
    found: dict[str, Any] = one
    return found


def test_a_tap_is_a_persons_and_the_rest_are_counted_apart(shop: Served) -> None:
    bob = sent(shop.shop, link("bobscard12"), ada="bob", n=24)
    for answer in (
        shop.get("/adaascard1", agent=IMESSAGE),
        shop.get("/adaascard1"),
        shop.get("/adaascard1", method="HEAD"),
        shop.get("/adaascard1", headers={"Sec-Purpose": "prefetch;prerender"}),
        shop.get("/adaascard1", agent=None),
        shop.get("/bobscard12", agent="WhatsApp/2.23.18.78 i"),
    ):
        assert answer.status == 302
    shop.get("/nothing123")
    assert shop.stop() == 0
    found = template(shop)
    assert (found["sent"], found["clicks"], found["people"], found["clicked"], found["rate"]) == (2, 1, 1, 1, 0.5)
    assert (found["bot_clicks"], found["clicked_with_bots"], found["rate_with_bots"]) == (5, 2, 1.0)
    assert found["bots"] == {"click.head": 1, "click.prefetch": 1, "click.preview": 2, "click.no-agent": 1}
    assert found["first"] == found["last"] is not None
    assert [one["destination"] for one in found["destinations"]] == ["https://acme.example/card"]
    (row,) = shop.shop.json("explain", bob)["links"]
    assert (row["short"], row["url"]) == ("https://go.acme.example/bobscard12", "https://acme.example/card")
    assert [(one["bot"], one["reasons"], one["agent"]) for one in row["clicks"]] == [
        (True, ["click.preview"], "WhatsApp")
    ]
    text = shop.shop.engine("explain", bob)
    assert "click.preview" in text
    assert "WhatsApp/2.23" not in (shop.shop.folder / "state/engine.db").read_bytes().decode("latin-1")


def test_clicks_are_there_within_a_second_while_it_serves(shop: Served) -> None:
    shop.get("/adaascard1")
    for _ in range(100):
        if template(shop)["clicks"]:
            return
    pytest.fail("no click was written")


def test_what_a_crash_can_lose_is_no_older_than_that(shop: Served) -> None:
    shop.get("/adaascard1")
    while not template(shop)["clicks"]:
        continue
    shop.process.kill()
    shop.process.communicate()
    assert template(shop)["clicks"] == 1


def test_links_as_a_table_and_as_csv(shop: Served) -> None:
    shop.get("/adaascard1")
    shop.stop()
    lines = [line.split("\t") for line in shop.shop.engine("links").splitlines()]
    assert lines[0][:6] == ["template", "destination", "sent", "people", "clicks", "rate"]
    assert [line[:6] for line in lines[1:]] == [
        ["acme/welcome", "(all)", "1", "1", "1", "100.0%"],
        ["acme/welcome", "https://acme.example/card", "1", "1", "1", "100.0%"],
    ]
    rows = list(csv.DictReader(io.StringIO(shop.shop.engine("links", "--format", "csv"))))
    assert [(row["destination"], row["clicks"], row["rate"]) for row in rows] == [
        ("", "1", "1.0"),
        ("https://acme.example/card", "1", "1.0"),
    ]


def test_links_of_what_is_asked_for(shop: Served) -> None:
    shop.stop()
    assert shop.shop.json("links", "-w", "acme", "-t", "welcome")["templates"] != []
    assert shop.shop.json("links", "-t", "news")["templates"] == []
    shop.shop.engine("links", "-w", "nowhere", code=64)


def test_a_click_of_who_was_erased_is_nobodys(shop: Served) -> None:
    shop.get("/adaascard1")
    shop.stop()
    (message,) = shop.shop.messages()
    erase(shop.shop, "ada")
    found = template(shop)
    assert (found["clicks"], found["destinations"][0]["destination"]) == (1, "")
    assert found["first"].endswith("T00:00:00+00:00")
    (row,) = shop.shop.json("explain", message["id"])["links"]
    assert (row["url"], row["clicks"]) == ("", [])


@dataclass
class Watcher:
    """A plugin that remembers what it was told."""

    events: list[Event] = field(default_factory=list)

    @hookimpl
    def observe(self, event: Event) -> None:
        self.events.append(event)


def test_plugins_are_told_of_clicks() -> None:
    watcher = Watcher()
    click = RecordedClick(
        "msg_1", "acme", "welcome", "ada", 0, "https://acme.example", NOW, 2, "WhatsApp", (BotReason.PREVIEW,)
    )
    tell(Plugins({"watcher": watcher}), [click])
    (event,) = watcher.events
    assert (event.name, event.workspace, event.message_id, event.at) == ("link.clicked", "acme", "msg_1", NOW)
    assert event.detail == {
        "template": "welcome",
        "person": "ada",
        "position": 0,
        "url": "https://acme.example",
        "times": 2,
        "bot": True,
        "reasons": ["click.preview"],
        "agent": "WhatsApp",
    }
