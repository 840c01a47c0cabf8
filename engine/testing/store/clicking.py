"""Clicks on short links: what is kept, what is marked, what is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.clicks import BotReason, Click, ClickCounts, RecordedClick
from engine.outbox import Link
from engine.store import Store
from engine.testing.store.base import NOW, SECOND, StoreSuite, claim, commit, make, number, person, send, sending
from engine.types import MessageState as S

LATER = NOW + timedelta(hours=1)
DOMAIN = "https://go.acme.example"


def link(code: str, position: int = 0, url: str = "https://acme.example/card") -> Link:
    """A short link."""
    return Link(f"{DOMAIN}/{code}", url, position, None)


def click(code: str, at: datetime = LATER, *reasons: BotReason, agent: str = "") -> Click:
    """A click on it."""
    return Click(f"{DOMAIN}/{code}", at, agent, reasons)


def sent(store: Store, n: int, *links: Link) -> str:
    """Sends a message with links to a number, and gives its id."""
    message_id = sending(store, n, links=links)
    make(store, message_id, S.SENDING, S.ACCEPTED, provider_id=f"SM{n}")
    return message_id


def reasons(store: Store, message_id: str) -> list[tuple[BotReason, ...]]:
    """Gives the marks of a message's clicks."""
    return [one.reasons for one in store.clicks(message_id)]


class ClickingSuite(StoreSuite):
    """Of clicks."""

    def test_keeps_a_click_with_its_message(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        (message_id,) = store.queue(send(), persons=["ada"]).ids
        commit(store, claim(store), links=(link("a", 0), link("b", 1, "https://acme.example/menu")))
        expected = RecordedClick(
            message_id, "acme", "club/welcome", "ada", 1, "https://acme.example/menu", LATER, 1, "", ()
        )
        assert list(store.record_clicks([click("b")])) == [expected]
        assert list(store.clicks(message_id)) == [expected]
        assert not expected.bot

    def test_a_click_on_no_link_is_none(self, store: Store) -> None:
        sent(store, 1, link("a"))
        assert list(store.record_clicks([click("x"), Click("https://other.example/a", LATER)])) == []
        assert list(store.record_clicks([])) == []
        assert list(store.clicks("msg_unknown")) == []

    def test_tells_where_links_lead(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        store.queue(send(), persons=["ada"])
        commit(store, claim(store), links=(link("a", 0), replace(link("b", 1), expires_at=LATER)))
        known, unknown = [f"{DOMAIN}/a", f"{DOMAIN}/b"], [f"{DOMAIN}/c", "", "' OR 1"]
        card = "https://acme.example/card"
        assert store.leads_to([*known, *unknown, *known]) == {known[0]: (card, None), known[1]: (card, LATER)}
        assert store.leads_to([]) == {}
        store.erase_person("acme", "ada", at=NOW)
        assert [url for url, _ in store.leads_to(known).values()] == ["", ""]

    def test_tells_nobody_where_nobody_listens(self, store: Store) -> None:
        message_id = sent(store, 1, link("a"))
        assert list(store.record_clicks([click("a")], told=False)) == []
        assert reasons(store, message_id) == [()]

    def test_keeps_what_the_request_betrayed(self, store: Store) -> None:
        message_id = sent(store, 1, link("a"))
        store.record_clicks([click("a", LATER, BotReason.HEAD, BotReason.PREVIEW, agent="WhatsApp")])
        (kept,) = store.clicks(message_id)
        assert (kept.bot, kept.agent, kept.reasons) == (True, "WhatsApp", (BotReason.HEAD, BotReason.PREVIEW))

    def test_equal_clicks_within_a_second_are_one_row(self, store: Store) -> None:
        message_id = sent(store, 1, link("a"))
        tenth = SECOND / 10
        recorded = store.record_clicks(
            [click("a", LATER + tenth), click("a"), click("a", LATER, BotReason.HEAD), click("a", LATER + SECOND)]
        )
        assert [(one.at, one.times, one.bot) for one in recorded] == [
            (LATER, 2, False),
            (LATER, 1, True),
            (LATER + SECOND, 1, False),
        ]
        assert sorted(recorded, key=repr) == sorted(store.clicks(message_id), key=repr)

    @pytest.mark.parametrize(
        ("after", "marked"),
        [(0.0, True), (1.9, True), (2.0, False), (-1.0, False)],
        ids=["at-once", "1.9", "2", "before"],
    )
    @pytest.mark.parametrize("state", [S.ACCEPTED, S.DELIVERED])
    def test_marks_what_follows_delivery_at_once(self, store: Store, state: S, after: float, marked: bool) -> None:
        message_id = sending(store, 1, links=(link("a"),))
        make(store, message_id, S.SENDING, state, at=LATER, provider_id="SM1")
        (recorded,) = store.record_clicks([click("a", LATER + timedelta(seconds=after))])
        assert recorded.reasons == ((BotReason.SOON,) if marked else ())

    def test_marks_what_comes_while_it_is_on_the_wire(self, store: Store) -> None:
        sending(store, 1, links=(link("a"),))
        (recorded,) = store.record_clicks([click("a", NOW + SECOND)])
        assert recorded.reasons == (BotReason.SOON,)

    def test_marks_different_links_of_one_message_at_once(self, store: Store) -> None:
        message_id = sent(store, 1, link("a", 0), link("b", 1), link("c", 2))
        other = sent(store, 2, link("d"))
        first = store.record_clicks([click("a")])
        assert [one.reasons for one in first] == [()]
        second = store.record_clicks([click("b", LATER + SECOND), click("d"), click("c", LATER + 10 * SECOND)])
        assert [(one.position, one.reasons) for one in second if one.message_id == message_id] == [
            (1, (BotReason.SEVERAL,)),
            (2, ()),
        ]
        assert reasons(store, message_id) == [(BotReason.SEVERAL,), (BotReason.SEVERAL,), ()]
        assert reasons(store, other) == [()]

    def test_one_link_twice_is_no_sign(self, store: Store) -> None:
        message_id = sent(store, 1, link("a", 0), link("b", 1))
        store.record_clicks([click("a"), click("a", LATER + SECOND), click("b", LATER + 4 * SECOND)])
        assert reasons(store, message_id) == [(), (), ()]

    def test_a_preview_of_one_link_says_nothing_of_another(self, store: Store) -> None:
        message_id = sent(store, 1, link("a", 0), link("b", 1))
        store.record_clicks([click("a", LATER, BotReason.PREVIEW, agent="iMessage"), click("b", LATER + SECOND)])
        assert reasons(store, message_id) == [(BotReason.PREVIEW,), ()]

    def test_counts_by_template_and_destination(self, store: Store) -> None:
        card, menu = "https://acme.example/card", "https://acme.example/menu"
        sent(store, 1, link("a1", 0, f"{card}?p=1#top"), link("b1", 1, menu))
        sent(store, 2, link("a2", 0, f"{card}?p=2"))
        sent(store, 3, link("a3", 0, card))
        sent(store, 4)
        later = LATER + timedelta(minutes=5)
        store.record_clicks([click("a1"), click("a1", later), click("a2", later), click("a3", later, BotReason.HEAD)])
        store.record_clicks([click("b1", later, BotReason.SCANNER)])
        (found,) = store.click_counts()
        assert (found.workspace, found.template, found.more) == ("acme", "club/welcome", 0)
        assert found.counts == ClickCounts(3, 3, 2, clicked=2, opened=3, people=2, first=LATER, last=later)
        assert (found.counts.rate, found.counts.rate_with_bots) == (2 / 3, 1)
        assert found.reasons == {BotReason.HEAD: 1, BotReason.SCANNER: 1}
        assert [(one.destination, one.counts) for one in found.destinations] == [
            (card, ClickCounts(3, 3, 1, clicked=2, opened=3, people=2, first=LATER, last=later)),
            (menu, ClickCounts(1, 0, 1, clicked=0, opened=1, people=0)),
        ]

    def test_counts_what_a_provider_took(self, store: Store) -> None:
        assert list(store.click_counts()) == []
        sending(store, 1, links=(link("a"),))
        assert [found.counts for found in store.click_counts()] == []
        store.record_clicks([click("a")])
        assert [found.counts.rate for found in store.click_counts()] == [None]

    def test_counts_what_is_asked_for(self, store: Store) -> None:
        for n, (workspace, template) in enumerate([("acme", "a"), ("acme", "b"), ("other", "a")]):
            (message_id,) = store.queue(send(workspace=workspace, template=template), numbers=[number(n)]).ids
            commit(store, claim(store), links=(link(f"c{n}"),))
            make(store, message_id, S.SENDING, S.ACCEPTED, provider_id=f"SM{n}")
        store.record_clicks([click(f"c{n}") for n in range(3)])

        def keys(**which: Any) -> list[tuple[str, str]]:
            return [(found.workspace, found.template) for found in store.click_counts(**which)]

        assert keys() == [("acme", "a"), ("acme", "b"), ("other", "a")]
        assert keys(workspace="acme") == [("acme", "a"), ("acme", "b")]
        assert keys(template="a") == [("acme", "a"), ("other", "a")]
        assert keys(workspace="other", template="b") == []

    def test_leaves_out_destinations_beyond_those_asked_for(self, store: Store) -> None:
        for n in range(5):
            sent(store, n, link(f"c{n}", 0, f"https://acme.example/orders/{n}"))
        store.record_clicks([click("c3")])
        (found,) = store.click_counts(destinations=2)
        assert [one.destination for one in found.destinations] == [
            "https://acme.example/orders/3",
            "https://acme.example/orders/0",
        ]
        assert (found.more, found.counts.sent, found.counts.clicks) == (3, 5, 1)

    def test_a_person_with_two_messages_is_one(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1))], at=NOW)
        for code in ("a", "b"):
            (message_id,) = store.queue(send(), persons=["ada"]).ids
            commit(store, claim(store), links=(link(code),))
            make(store, message_id, S.SENDING, S.ACCEPTED, provider_id=code)
        store.record_clicks([click("a"), click("b")])
        (found,) = store.click_counts()
        assert (found.counts.clicked, found.counts.people) == (2, 1)

    def test_erasing_takes_clicks_apart_from_the_person(self, store: Store) -> None:
        store.upsert_people([person("ada", number(1)), person("bob", number(2))], at=NOW)
        ids = store.queue(send(), persons=["ada", "bob"]).ids
        for n, one in enumerate(claim(store)):
            commit(store, [one], links=(link(f"a{n}", 0), link(f"b{n}", 1)))
            make(store, one.id, S.SENDING, S.ACCEPTED, provider_id=f"SM{n}")
        minute = timedelta(minutes=1)
        store.record_clicks(
            [
                click("a0"),
                click("a1"),
                click("b0", LATER + minute),
                click("a0", LATER + minute, BotReason.HEAD, agent="x"),
            ]
        )
        store.erase_person("acme", "ada", at=LATER)
        assert list(store.clicks(ids[0])) == []
        assert [one.message_id for one in store.clicks(ids[1])] == [ids[1]]
        assert list(store.record_clicks([click("a0")])) == [], "an erased person's link leads nowhere"
        (found,) = store.click_counts()
        midnight = LATER.replace(hour=0)
        assert found.counts == ClickCounts(2, 3, 1, clicked=2, opened=2, people=2, first=midnight, last=LATER)
        assert [(one.destination, one.counts.clicks) for one in found.destinations] == [
            ("", 2),
            ("https://acme.example/card", 1),
        ]
