"""Replies as TwiML: in the outbox like every message, and in the answer to the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from asgi_front import app_of, callback_of, front_of, status_in, text_in
from webhook_shop import PHONE, Answer, WebhookShop, sid

from engine.contracts import AsgiApplication
from engine.outbox import MessageRecord
from engine.testing.context import ManualClock
from engine.types import MessageState
from engine.web.front import Front

S = MessageState
Use = Callable[[Front, AsgiApplication], Coroutine[Any, Any, None]]


@pytest.fixture
def shop(tmp_path: Path) -> WebhookShop:
    shop = WebhookShop(tmp_path)
    shop.write_answering(options=", replies: twiml")
    return shop


def run(shop: WebhookShop, use: Use, clock: ManualClock | None = None) -> None:
    async def main() -> None:
        async with front_of(shop, clock) as front:
            await use(front, app_of(front))

    asyncio.run(main())


def said(answer: Answer) -> list[str | None]:
    """What an answer lets the provider send."""
    if answer.status == 204:
        assert answer.body == b""
        return []
    assert answer.status == 200
    return [body.text for body in ElementTree.fromstring(answer.body).iter("Body")]


def reply(front: Front, number: int) -> MessageRecord:
    message_id = front.store.reply_to("acme", sid(number))
    assert message_id is not None
    found = front.store.message(message_id)
    assert found is not None
    return found


def test_a_reply_is_recorded_and_stands_in_the_answer(shop: WebhookShop) -> None:
    async def use(front: Front, app: AsgiApplication) -> None:
        answer = await text_in(app, 1, "what?")
        assert said(answer) == ["Sorry & pardon, what is <that>?"]
        found = reply(front, 1)
        assert (found.state, found.reason, found.to, found.attempts) == (S.IN_DOUBT, "reply.in-answer", PHONE, 1)
        assert found.body == said(answer)[0]
        (message,) = ElementTree.fromstring(answer.body)
        assert message.get("action") == callback_of(found)

    run(shop, use)


def test_a_call_that_is_repeated_gets_the_same_answer_until_the_reply_is_known_to_be_sent(shop: WebhookShop) -> None:
    clock = ManualClock()

    async def use(front: Front, app: AsgiApplication) -> None:
        first = await text_in(app, 1, "join")
        clock.advance(timedelta(seconds=9))
        assert await text_in(app, 1, "join") == first
        found = reply(front, 1)
        assert (found.state, found.due_at) == (S.IN_DOUBT, clock() + timedelta(seconds=1)), "the doubt begins anew"
        await status_in(app, callback_of(found), sid(77), "sent")
        assert said(await text_in(app, 1, "join")) == []
        assert (reply(front, 1).state, reply(front, 1).provider_id) == (S.SENT, sid(77))

    run(shop, use, clock)


def test_whoever_has_stopped_meanwhile_is_not_answered_again(shop: WebhookShop) -> None:
    async def use(front: Front, app: AsgiApplication) -> None:
        assert said(await text_in(app, 1, "what?")) != []
        await text_in(app, 2, "STOP")
        assert said(await text_in(app, 1, "what?")) == []
        assert said(await text_in(app, 3, "what?")) == [], "the gate of the outbox is the same"
        assert reply(front, 3).state is S.SUPPRESSED

    run(shop, use)


def test_a_paused_reply_waits_in_the_outbox(shop: WebhookShop) -> None:
    async def use(front: Front, app: AsgiApplication) -> None:
        front.store.pause("acme", by="ada", why="a test", at=front.clock())
        assert said(await text_in(app, 1, "what?")) == []
        assert reply(front, 1).state is S.QUEUED

    run(shop, use)


def test_what_an_answer_cannot_hold_goes_by_the_outbox(shop: WebhookShop) -> None:
    """TwiML answers from the number that was texted: the choice of a messaging service's number is not its own."""
    service = f"MG{1:032x}"
    senders = shop.folder / "config/workspaces/acme/senders.yaml"
    senders.write_text(f"senders:\n  main: {{messaging_service: {service}}}\n", "utf-8")
    shop.engine("apply", "--yes", "--no-refresh")

    async def use(front: Front, app: AsgiApplication) -> None:
        assert said(await text_in(app, 1, "what?", MessagingServiceSid=service)) == []
        found = reply(front, 1)
        assert (found.state, found.reason, found.attempts) == (S.QUEUED, "reply.not-in-answer", 0)

    run(shop, use)


def test_a_reply_that_goes_by_the_outbox_is_never_in_an_answer_as_well(shop: WebhookShop) -> None:
    async def use(front: Front, app: AsgiApplication) -> None:
        front.store.pause("acme", by="ada", why="a test", at=front.clock())
        await text_in(app, 1, "what?")
        front.store.resume("acme", by="ada", why="a test", at=front.clock())
        assert said(await text_in(app, 1, "what?")) == []
        assert reply(front, 1).state is S.QUEUED

    run(shop, use)


def test_many_texts_at_once_are_answered_each(shop: WebhookShop) -> None:
    async def use(front: Front, app: AsgiApplication) -> None:
        answers = await asyncio.gather(*(text_in(app, n, "what?", From=f"+141555501{n:02}") for n in range(20, 50)))
        assert all(len(said(answer)) == 1 for answer in answers)
        assert front.store.count_states() == {S.IN_DOUBT: 30}

    run(shop, use)


def test_without_twiml_a_reply_waits_for_the_send_loop(tmp_path: Path) -> None:
    shop = WebhookShop(tmp_path)
    shop.write_answering()

    async def use(front: Front, app: AsgiApplication) -> None:
        assert said(await text_in(app, 1, "what?")) == []
        assert reply(front, 1).state is S.QUEUED

    run(shop, use)
